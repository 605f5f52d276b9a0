// A form for the whole model file, drawn from its JSON Schema; every change gives the whole document back.
const make = (name, properties = {}, children = []) => {
  const e = Object.assign(document.createElement(name), properties);
  e.append(...children);
  return e;
};
const button = (text, act, label = text) => {
  const b = make("button", { type: "button", textContent: text });
  b.setAttribute("aria-label", label);
  b.addEventListener("click", act);
  return b;
};
const ASSUMPTIONS = ["positive", "nonnegative", "real", "integer", "positive integer", "probability"];
const kinds = (schema) => [schema.type ?? [], ...(schema.anyOf ?? []).map((s) => s.type ?? [])].flat();
const isPlain = (v) => typeof v !== "object" || (Array.isArray(v) && v.every((w) => typeof w !== "object"));
const shown = (v) => (Array.isArray(v) ? v.join(", ") : String(v));

// "f(a, b), c" is a list of two: commas inside brackets do not part.
function parts(text) {
  const found = [""];
  let depth = 0;
  for (const c of text) {
    depth += "([{".includes(c) - ")]}".includes(c);
    if (c === "," && depth === 0) found.push("");
    else found[found.length - 1] += c;
  }
  return found.map((p) => p.trim()).filter(Boolean);
}

// What is typed, as the value that the schema asks for; a list stays a list, and a plain text becomes one only where it must.
function typed(text, schema, before) {
  const allowed = kinds(schema);
  if (allowed.length === 1 && allowed[0] === "boolean") return text === "true";
  const number = (t) => (/^-?\d+$/.test(t) && Number.isSafeInteger(Number(t)) ? Number(t) : t);
  if (Array.isArray(before) || (allowed.includes("array") && !allowed.includes("string"))) return parts(text);
  return typeof before === "number" || (allowed.includes("integer") && before === undefined) ? number(text) : text;
}

const fresh = (schema) => (schema.enum ? schema.enum[0] : kinds(schema).includes("boolean") ? true : kinds(schema)[0] === "array" ? [] : "");

export class Form {
  constructor(box, changed) {
    this.box = box;
    this.changed = changed;
  }

  refuse(message) {
    this.box.textContent = message;
  }

  show(found) {
    this.found = found;
    const open = [];
    for (const [key, schema] of Object.entries(this.schema.properties)) if (key in found) open.push(this.part(key, schema));
    const missing = Object.entries(this.schema.properties).filter(([k]) => !(k in found));
    open.push(this.chooser("Add a part", missing, (key, schema) => { found[key] = schema.type === "array" ? [this.first(key)] : schema.type === "object" ? {} : ""; }));
    this.box.replaceChildren(...open);
  }

  tell() {
    this.changed(this.found);
  }

  // After a change of what there is, the form is drawn again, and the place the user was at keeps the focus.
  redraw(label) {
    this.show(this.found);
    if (label) this.box.querySelector(`[data-place="${CSS.escape(label)}"] input, [data-place="${CSS.escape(label)}"] select`)?.focus();
  }

  part(key, schema) {
    const value = this.found[key];
    if (Array.isArray(value) && schema.type === "array") return this.list(key, schema, value);
    if (typeof value === "object") return this.table(key, schema, value, key, () => { delete this.found[key]; });
    return this.field(this.found, key, schema, key);
  }

  list(key, schema, entries) {
    const one = key.endsWith("s") && key !== "internal" ? key.slice(0, -1) : key;
    const boxes = entries.map((entry, n) => this.table(`${one} ${n + 1}`, schema.items, entry, `${key}.${n}`, () => {
      entries.splice(n, 1);
      if (!entries.length) delete this.found[key];
    }));
    const add = button(`Add ${/^[aeiou]/.test(one) ? "an" : "a"} ${one}`, () => { entries.push(this.first(key)); this.tell(); this.redraw(`${key}.${entries.length - 1}`); });
    return make("div", { title: schema.description ?? "" }, [...boxes, add]);
  }

  // What a fresh jump needs, so that the model stays one; other entries begin with their required keys.
  first(key) {
    const head = this.found.model ?? {};
    if (key === "jumps") return { displacement: (head.coordinates ?? ["x"]).map((_, i) => (i ? "0" : "1")), [head.time_step ? "probability" : "rate"]: head.time_step ? "0" : "1" };
    const { properties = {}, required } = this.schema.properties[key].items;
    return Object.fromEntries((required ?? []).map((k) => [k, fresh(properties[k])]));
  }

  // A table: the keys it has, those it may have to choose from, and free names where the file's author names things.
  table(title, schema, value, place, remove) {
    const box = make("fieldset", { className: "jump", title: schema.description ?? "" }, [make("legend", { textContent: title })]);
    box.dataset.place = place;
    const known = schema.properties ?? {}, others = schema.additionalProperties || {};
    for (const key of Object.keys(value)) box.append(this.entry(value, key, known[key] ?? others, `${place}.${key}`, !(key in known)));
    const end = make("div", { className: "part-end" });
    const add = (key, s) => {
      value[key] = fresh(key === "from" || key === "to" ? { enum: [this.states()[0] ?? ""] } : s);
      if (value[key] !== "" && !Array.isArray(value[key])) this.tell(); // an empty field waits for what is typed
    };
    if (schema.properties) end.append(this.chooser("add", Object.entries(known).filter(([k]) => !(k in value)), add, (key) => `${place}.${key}`, `Add to ${title}`));
    if (schema.additionalProperties) {
      const name = make("input", { spellcheck: false, size: 12 });
      name.setAttribute("aria-label", `New name in ${title}`);
      name.addEventListener("change", () => {
        const text = name.value.trim();
        if (!text || text in value) return;
        value[text] = place === "parameters" ? "positive" : others.type === "array" ? ["x"] : Array.isArray(others.type) && others.type.includes("integer") ? 1 : "1";
        this.tell();
        this.redraw(`${place}.${text}`);
      });
      end.append(make("label", { className: "row" }, [make("span", { textContent: "add a name" }), name]));
    }
    end.append(button(`Remove ${title}`, () => { remove(); this.tell(); this.redraw(); }));
    box.append(end);
    return box;
  }

  entry(table, key, schema, place, named) {
    const value = table[key], remove = () => { delete table[key]; };
    if (place.startsWith("parameters.")) return this.parameter(table, key, place);
    if (isPlain(value)) return this.field(table, key, schema, place, named);
    if (Array.isArray(value)) return make("p", { textContent: `${key}: a list of tables; edit it in the text` });
    const inner = [schema, ...(schema.anyOf ?? [])].find((s) => s.properties || s.additionalProperties) ?? { additionalProperties: {} };
    return this.table(key, inner, value, place, remove);
  }

  parameter(table, key, place) {
    const value = table[key], text = typeof value === "string" ? value : value.assume ?? "real";
    const row = this.row(key, place, "what is assumed of it", make("select", {}, [...new Set([text, ...ASSUMPTIONS])].map((o) => new Option(o, o, false, o === text))),
      (v) => { table[key] = typeof value === "string" ? v : { ...value, assume: v }; }, () => { delete table[key]; });
    return row;
  }

  field(table, key, schema, place, named = false) {
    const value = table[key];
    const names = { from: this.states(), to: this.states() }[key];
    const options = (names?.length ? names : undefined) ?? schema.enum ?? (kinds(schema).join() === "boolean" ? ["true", "false"] : null);
    const input = options
      ? make("select", {}, [...new Set([String(value), ...options])].map((o) => new Option(o, o, false, o === String(value))))
      : make(shown(value).includes("\n") ? "textarea" : "input", { value: shown(value), spellcheck: false });
    return this.row(key, place, schema.description ?? "", input, (text) => {
      if (text === "" && !named) delete table[key];
      else table[key] = typed(text, schema, value);
    }, () => { delete table[key]; });
  }

  states() {
    return this.found.model?.states ?? (this.found.states ?? []).map((s) => s.name).filter(Boolean);
  }

  row(key, place, meaning, input, change, remove) {
    const label = make("label", { className: "row", title: meaning }, [make("span", { textContent: key }), input]);
    input.addEventListener("change", () => { change(input.value.trim()); this.tell(); });
    const row = make("div", { className: "field" }, [label, button("×", () => { remove(); this.tell(); this.redraw(); }, `Remove ${key}`)]);
    row.dataset.place = place;
    return row;
  }

  chooser(text, options, add, placeOf = (key) => key, label = text) {
    const select = make("select", {}, [new Option("…", ""), ...options.filter(([, s]) => s.description !== "not handled yet").map(([k, s]) => new Option(s.description ? `${k}: ${s.description}` : k, k))]);
    select.setAttribute("aria-label", label);
    select.addEventListener("change", () => {
      const key = select.value;
      if (!key) return;
      add(key, options.find(([k]) => k === key)[1]);
      this.redraw(placeOf(key));
    });
    return make("label", { className: "row" }, [make("span", { textContent: text }), select]);
  }
}

// A form for the parameters and jumps of a model; every change gives the whole document back.
const field = (label, value, change, options) => {
  const row = document.createElement("label");
  row.className = "row";
  const name = row.appendChild(document.createElement("span"));
  name.textContent = label;
  let input;
  if (options) {
    input = document.createElement("select");
    for (const o of options) input.append(new Option(o, o, false, o === value));
  } else {
    input = document.createElement("input");
    input.value = value;
    input.spellcheck = false;
  }
  input.addEventListener("change", () => change(input.value.trim()));
  row.append(input);
  return row;
};
const button = (text, act) => {
  const b = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  b.addEventListener("click", act);
  return b;
};
const listed = (v) => (Array.isArray(v) ? v.join(", ") : v ?? "");
const ASSUMPTIONS = ["positive", "nonnegative", "real", "integer", "positive integer", "probability"];

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
    const head = (found.model ??= {});
    const draw = () => this.show(found);
    const tell = () => this.changed(found);
    const set = (place, key) => (value) => {
      if (value === "") delete place[key];
      else place[key] = value;
      tell();
    };
    const parts = [field("title", found.title ?? "", set(found, "title"))];
    parts.push(field("coordinates", listed(head.coordinates), (v) => { head.coordinates = v.split(",").map((c) => c.trim()).filter(Boolean); tell(); }));
    if (typeof (head.density ?? "") === "string") parts.push(field("density", head.density ?? "P", set(head, "density")));
    parts.push(field("time step (empty: rates)", head.time_step ?? "", set(head, "time_step")));
    if (!found.states) parts.push(field("internal states", listed(head.states), (v) => {
      const names = v.split(",").map((c) => c.trim()).filter(Boolean);
      if (names.length) head.states = names;
      else delete head.states;
      tell();
      draw();
    }));
    parts.push(this.parameters(found, tell, draw));
    (found.jumps ?? []).forEach((jump, n) => parts.push(this.jump(found, jump, n, tell, draw)));
    parts.push(button("Add a jump", () => {
      const kind = head.time_step ? "probability" : "rate";
      (found.jumps ??= []).push({ displacement: (head.coordinates ?? ["x"]).map((_, i) => (i ? "0" : "1")), [kind]: kind === "rate" ? "1" : "0" });
      tell();
      draw();
    }));
    this.box.replaceChildren(...parts);
  }

  parameters(found, tell, draw) {
    const box = Object.assign(document.createElement("fieldset"), { className: "jump" });
    box.append(Object.assign(document.createElement("legend"), { textContent: "parameters" }));
    const all = (found.parameters ??= {});
    for (const [name, value] of Object.entries(all)) {
      const plain = typeof value === "string" ? value : value.assume ?? "real";
      const options = ASSUMPTIONS.includes(plain) ? ASSUMPTIONS : [plain, ...ASSUMPTIONS];
      box.append(field(name, plain, (v) => { all[name] = typeof value === "string" ? v : { ...value, assume: v }; tell(); }, options));
    }
    const fresh = field("new parameter", "", (v) => { if (v && !(v in all)) { all[v] = "positive"; tell(); draw(); } });
    box.append(fresh);
    return box;
  }

  jump(found, jump, n, tell, draw) {
    const box = Object.assign(document.createElement("fieldset"), { className: "jump" });
    box.append(Object.assign(document.createElement("legend"), { textContent: `jump ${n + 1}` }));
    const states = found.model.states ?? (found.states ?? []).map((s) => s.name).filter(Boolean);
    for (const key of ["from", "to"]) if (states.length) box.append(field(key, jump[key] ?? "any", (v) => { if (v === "any") delete jump[key]; else jump[key] = v; tell(); }, ["any", ...states]));
    for (const key of Object.keys(jump)) {
      if (key === "from" || key === "to") continue;
      const value = jump[key];
      if (Array.isArray(value) && value.every((v) => typeof v !== "object")) box.append(field(key, listed(value), (v) => { jump[key] = v.split(",").map((c) => c.trim()); tell(); }));
      else if (typeof value !== "object") box.append(field(key, String(value), (v) => { jump[key] = v; tell(); }));
      else box.append(Object.assign(document.createElement("p"), { textContent: `${key}: edit it in the text` }));
    }
    box.append(button("Remove", () => { found.jumps.splice(n, 1); tell(); draw(); }));
    return box;
  }
}

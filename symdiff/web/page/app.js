// The workbench's page: no framework, no build step. Fragments of HTML come from the server, which escapes them.
import { Crowd } from "./crowd.js";
import { Flights } from "./flights.js";
import { Inner } from "./inner.js";
import { Form } from "./form.js";
import { Walkers } from "./walkers.js";

const $ = (id) => document.getElementById(id);
const state = { running: undefined, own: false };
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  document.cookie = `symdiff_token=${encodeURIComponent(token)}; SameSite=Strict; path=/`;
  history.replaceState(null, "", location.pathname);
}

// --- the server ---------------------------------------------------------------------------------------------------

async function ask(task, payload, signal) {
  const answer = await fetch(`api/${task}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(payload), signal,
  });
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}

// What a server that is overrun sends is no JSON.
async function refusal(answer) {
  const { error } = await answer.json().catch(() => ({ error: { message: `the server cannot answer now (${answer.status})`, where: "", instead: "try again in a moment" } }));
  return Object.assign(new Error(error.message), error);
}

// A task that answers line by line: what it has before it ends is told.
async function askInParts(task, payload, tell, signal) {
  const answer = await fetch(`api/${task}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ ...payload, parts: true }), signal,
  });
  if (!answer.ok) throw await refusal(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) throw Object.assign(new Error("the connection to the server was lost"), { where: "", instead: "" });
    const lines = (text + value).split("\n");
    text = lines.pop();
    for (const line of lines) {
      const found = JSON.parse(line);
      if (found.result) return found.result;
      if (found.error) throw Object.assign(new Error(found.error.message), found.error);
      tell(found.part);
    }
  }
}

// A longer task: progress line by line, and a way to end it.
async function job(task, payload, tell, signal) {
  const { job: id } = await ask("jobs", { task, ...payload }, signal);
  return new Promise((resolve, reject) => {
    const events = new EventSource(`api/jobs/${id}/events`);
    const end = () => events.close();
    signal.addEventListener("abort", () => {
      end();
      fetch(`api/jobs/${id}`, { method: "DELETE" });
      reject(new DOMException("cancelled", "AbortError"));
    });
    events.addEventListener("progress", (e) => tell(JSON.parse(e.data).elapsed));
    events.addEventListener("done", (e) => { end(); resolve(JSON.parse(e.data)); });
    events.addEventListener("cancelled", () => { end(); reject(new DOMException("cancelled", "AbortError")); });
    events.addEventListener("error", (e) => {
      end();
      const found = e.data ? JSON.parse(e.data).error : { message: "the connection to the server was lost", where: "", instead: "" };
      reject(Object.assign(new Error(found.message), found));
    });
  });
}

// Every keystroke has its message; spoken is the one at which things come to rest.
let speaking;
function say(text, bad = false) {
  $("message").textContent = text;
  $("message").classList.toggle("bad", bad);
  clearTimeout(speaking);
  speaking = setTimeout(() => ($("spoken").textContent = text), 700);
}

const words = (error) => `${error.where ? `${error.where}: ` : ""}${error.message}${error.instead ? `. Instead: ${error.instead}` : ""}`;

function explain(error) {
  if (error.name !== "AbortError") say(words(error), true);
}

const model = () => ({ model: $("toml").value });

// The address holds the model: a place on the page must not stand in it.
document.querySelector(".skip").addEventListener("click", (e) => {
  e.preventDefault();
  $("results").focus();
});

// A formula wider than its place is scrolled by keyboard, too.
const wide = new IntersectionObserver((seen) => requestAnimationFrame(() => { // once it is laid out
  for (const { target: box, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    if (box.scrollWidth > box.clientWidth) Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: "a formula wider than the page" });
    else for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  }
}), { rootMargin: "300% 0px" });
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) {
    if (node.classList?.contains("display")) wide.observe(node);
    for (const box of node.querySelectorAll?.(".display") ?? []) wide.observe(box);
  }
}).observe(document.querySelector("main"), { childList: true, subtree: true });

// --- tabs ---------------------------------------------------------------------------------------------------------

function select(tab, focus = false) {
  const list = tab.parentElement;
  for (const other of list.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    $(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
  tab.dispatchEvent(new CustomEvent("chosen", { bubbles: true }));
}

document.addEventListener("click", (e) => {
  const tab = e.target.closest("[role=tab]");
  if (tab) select(tab);
});
document.addEventListener("keydown", (e) => {
  const tab = e.target.closest?.("[role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[e.key];
  if (!tab || step === undefined) return;
  const tabs = [...tab.parentElement.querySelectorAll("[role=tab]")];
  const at = Math.min(tabs.length - 1, Math.max(0, tabs.indexOf(tab) + step));
  e.preventDefault();
  select(tabs[at], true);
});

function panel(id, title, fill, chosen) {
  const tab = document.createElement("button");
  Object.assign(tab, { id: `tab-${id}`, textContent: title, type: "button", tabIndex: chosen ? 0 : -1 });
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", `panel-${id}`);
  tab.setAttribute("aria-selected", chosen);
  const body = document.createElement("div");
  Object.assign(body, { id: `panel-${id}`, hidden: !chosen });
  body.setAttribute("role", "tabpanel");
  body.setAttribute("aria-labelledby", tab.id);
  if (id === "model" || id.startsWith("regime-")) body.tabIndex = 0; // nothing in it takes the focus
  $("result-tabs").insertBefore(tab, id.startsWith("regime-") ? $("tab-model") : null);
  $("panels").append(body);
  fill(body, tab);
}

// New content in place of the old; what is the same at the beginning and at the end stays, and is not laid out again.
function fill(body, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const [before, after] = [[...body.childNodes], [...fresh.content.childNodes]];
  while (before.length && after.length && before[0].isEqualNode(after[0])) before.shift(), after.shift();
  while (before.length && after.length && before.at(-1).isEqualNode(after.at(-1))) before.pop(), after.pop();
  const end = before.at(-1)?.nextSibling ?? null;
  for (const node of before) node.remove();
  for (const node of after) body.insertBefore(node, end);
}

// --- deriving -----------------------------------------------------------------------------------------------------

let slow, keeping, again = false;
function edited() {
  own();
  derive();
}

// A text of the user's own stays in the address, so that neither the back button nor a reload loses it.
function own() {
  state.own = true;
  $("gallery").value = "";
  clearTimeout(keeping);
  keeping = setTimeout(keep, 1000);
}
function keep() {
  clearTimeout(keeping);
  if (state.own) history.replaceState({}, "", `#model=${packed($("toml").value)}`);
}

// One derivation at a time. An edit made meanwhile is taken up when it ends; one that takes long is ended for it.
async function derive() {
  if (state.running) {
    again = true;
    slow ??= setTimeout(() => state.running?.abort(), 500);
    return;
  }
  const running = (state.running = new AbortController());
  say("deriving …");
  const shown = [];
  let pending = false;
  const tell = (regime) => {
    pending = !regime.confirmed;
    showPart(shown, regime);
  };
  try {
    const found = await askInParts("view", model(), tell, running.signal);
    show(found);
    $("results").classList.remove("stale");
    if (!found.regimes.length) say("the jumps have weights but no rates: nothing evolves, but walks can be counted");
    else say(found.regimes.some((r) => r.closed) ? `derived: ${found.regimes.map((r) => r.name).join(", ")}` : "no single equation closes; see why in the regime");
  } catch (error) {
    $("results").classList.add("stale");
    if (pending) withdraw();
    explain(error);
  }
  clearTimeout(slow);
  slow = state.running = undefined;
  if (again) {
    again = false;
    await derive();
  }
}

// The panel of the n-th regime, that of the model before where there is one.
function regimePanel(n, regime) {
  const body = $(`panel-regime-${n}`);
  if (!body) return panel(`regime-${n}`, regime.name, (fresh) => (fresh.innerHTML = regime.html), n === 0);
  fill(body, regime.html);
  $(`tab-regime-${n}`).textContent = regime.name;
}

// A regime that comes while others are on their way; it comes twice, since its second route takes longer.
function showPart(shown, regime) {
  if (shown.at(-1) !== regime.name) shown.push(regime.name);
  regimePanel(shown.length - 1, regime);
  $("results").classList.remove("stale");
  say(regime.confirmed ? `derived: ${shown.join(", ")}; other regimes may follow …` : `derived: ${shown.join(", ")}, the last not confirmed yet: its second route is running …`);
}

// What no second route confirmed is no result.
function withdraw() {
  for (const body of document.querySelectorAll("#panels [id^=panel-regime-]")) body.replaceChildren();
}

function show(found) {
  const keep = document.querySelector("#result-tabs [aria-selected=true]")?.id;
  const focused = $("result-tabs").contains(document.activeElement);
  animation?.stop();
  for (const tab of [...$("result-tabs").children].filter((t) => !(Number(t.id.split("tab-regime-")[1]) < found.regimes.length))) {
    $(tab.getAttribute("aria-controls")).remove();
    tab.remove();
  }
  found.regimes.forEach((regime, n) => regimePanel(n, regime));
  panel("model", "Model", (body) => (body.innerHTML = found.model), false);
  panel("claims", "Claims", (body, tab) => tab.addEventListener("chosen", () => claims(body, found.claims), { once: true }), false);
  panel("observe", "Observables", (body, tab) => tab.addEventListener("chosen", () => observe(body), { once: true }), false);
  panel("counts", "Counts", (body, tab) => tab.addEventListener("chosen", () => counts(body, found.dimension), { once: true }), false);
  panel("play", "Walkers", (body, tab) => tab.addEventListener("chosen", () => play(body), { once: true }), false);
  panel("verify", "Cross-check", (body) => verify(body), false);
  const chosen = (keep && $(keep)) || $("tab-regime-0") || $("tab-model");
  select(chosen, focused);
}

// --- claims, counts, cross-check ----------------------------------------------------------------------------------

async function claims(body, stated) {
  body.innerHTML = `<p><label for="claim">A further claim, in LaTeX</label></p><p class="controls"><input id="claim" size="40" spellcheck="false"><button type="button">Check</button></p><div aria-live="polite"></div>`;
  const [input, button, out] = [body.querySelector("input"), body.querySelector("button"), body.lastElementChild];
  const run = async () => {
    const further = input.value.trim() ? [input.value] : [];
    if (!stated && !further.length) return (out.textContent = "The model states no claims: type one here, or add [[claims]] to it.");
    out.textContent = "checking …";
    try {
      out.innerHTML = (await ask("check", { ...model(), claims: further })).html;
      out.querySelector("table")?.setAttribute("aria-label", "Verdicts on the claims");
      for (const cell of out.querySelectorAll("td[data-label=verdict]")) cell.classList.add(cell.textContent);
      if (further.length) out.querySelector("tr:last-child")?.scrollIntoView({ block: "nearest" });
    } catch (error) {
      out.textContent = words(error);
    }
  };
  button.addEventListener("click", run);
  input.addEventListener("keydown", (e) => e.key === "Enter" && run());
  run();
}

// What the model states under [[observables]], and any other kind that is chosen.
async function observe(body) {
  body.innerHTML = `<p class="controls"><label for="kind">Work out</label><select id="kind"><option value="">what the model states</option></select></p><div aria-live="polite"></div>`;
  const [kind, out] = [body.querySelector("select"), body.lastElementChild];
  let latest = 0;
  const run = async () => {
    const mine = ++latest;
    out.textContent = "working it out …";
    try {
      const found = await ask("observe", { ...model(), kind: kind.value });
      if (mine !== latest) return;
      if (kind.options.length === 1) kind.append(...found.kinds.map((k) => new Option(k.replaceAll("_", " "), k)));
      out.innerHTML = found.html || "<p>The model states no observables: choose a kind here, or add [[observables]] to it.</p>";
    } catch (error) {
      if (mine === latest) out.textContent = words(error);
    }
  };
  kind.addEventListener("change", run);
  run();
}

function counts(body, dimension) {
  body.innerHTML = `<p class="controls"><label for="steps">Steps</label><input id="steps" type="number" min="0" max="60" value="3"><label for="from" hidden>Start in</label><select id="from" hidden></select></p><div aria-live="polite"></div>`;
  const [input, from, out] = [body.querySelector("input"), body.querySelector("select"), body.lastElementChild];
  let latest = 0;
  const run = async () => {
    const mine = ++latest;
    try {
      const found = await ask("count", { ...model(), n: Number(input.value), ...(from.value ? { state: from.value } : {}) });
      if (mine !== latest) return;
      if (!from.options.length && found.states.length) {
        from.append(...found.states.map((s) => new Option(s)));
        from.hidden = body.querySelector("[for=from]").hidden = false;
      }
      out.replaceChildren(lattice(found, dimension));
    } catch (error) {
      if (mine === latest) out.textContent = words(error);
    }
  };
  input.addEventListener("input", run);
  from.addEventListener("change", run);
  run();
}

const svg = (name, attributes, text) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return e;
};

// A number of walks or a probability such as "3/64"; a formula has no size.
const size = (text) => { const [a, b] = String(text).split("/"); return Number(a) / Number(b ?? 1); };

// One entry per place of the picture: what stands at the same point, states or further coordinates, together.
function places({ document: { counts }, places: at }) {
  const found = new Map();
  counts.forEach((c, n) => {
    const [x, y = 0] = at[n], key = `${x.toFixed(6)} ${y.toFixed(6)}`, number = c.walks ?? c.weight;
    const entry = found.get(key) ?? { x, y, site: c.site, numbers: [], chance: 0, walks: 0, parts: [] };
    entry.numbers.push(number);
    entry.chance += size(c.probability ?? number);
    entry.walks += size(number);
    entry.parts.push(`(${c.site.join(", ")}): ${number} ${c.walks ? "walks" : "weight"}${c.probability ? `, probability ${c.probability}` : ""}`);
    found.set(key, entry);
  });
  const all = [...found.values()].map((e) => ({ ...e, shown: e.numbers.every((v) => /^\d+$/.test(v)) ? String(e.numbers.reduce((a, v) => a + BigInt(v), 0n)) : e.numbers.join(" + ") }));
  const sizes = ["chance", "walks"].find((kind) => all.every((e) => Number.isFinite(e[kind])));
  return all.map((e) => ({ ...e, size: sizes ? e[sizes] : 1 }));
}

// The smallest distance between the places of a picture; some of very many are enough.
function gap(shown) {
  let least = Infinity;
  const some = shown.slice(0, 300);
  some.forEach((a, i) => { for (const b of some.slice(i + 1)) least = Math.min(least, Math.hypot(a.x - b.x, a.y - b.y)); });
  return Number.isFinite(least) ? least : 1;
}

// What the numbers are numbers of: where the walks start, and what the sites count.
function heading(found, dimension) {
  const { total, n, start, spacing } = found.document, weighted = found.document.counts.some((c) => c.walks === undefined);
  const state = start.slice(dimension).join(""), site = `(${start.slice(0, dimension).join(", ")})`;
  const unit = spacing ? `; sites in units of ${[...new Set(spacing)].join(", ")}` : "";
  const summed = dimension > 2 ? "; the picture shows the first two coordinates, summed over the others" : "";
  return `${weighted ? `Weight ${total} of all walks` : `${total} walks`} of ${n} steps from ${site}${state ? ` in state ${state}` : ""}${unit}${summed}`;
}

// The lattice as it lies in space with one disc per place, its area the probability; numbers where there is room.
function picture(found, dimension) {
  const shown = places(found), width = 600, { n } = found.document;
  const [xs, ys] = [[...shown.map((e) => e.x), found.start[0]], [...shown.map((e) => e.y), found.start[1] ?? 0]];
  const range = (v) => [v.reduce((a, b) => Math.min(a, b)), v.reduce((a, b) => Math.max(a, b))];
  const [[left, right], [low, high]] = [range(xs), range(ys)], least = gap(shown);
  const unit = width / (Math.max(right - left, high - low) + 2 * least), near = unit * least;
  const height = dimension === 1 ? 130 : (high - low + 2 * least) * unit;
  const view = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "lattice", role: "img", "aria-label": `walk counts after ${n} steps` });
  const at = (x, y) => [width / 2 + (x - (left + right) / 2) * unit, dimension === 1 ? 55 : height / 2 - (y - (low + high) / 2) * unit];
  const most = shown.reduce((a, e) => Math.max(a, e.size), 0), every = Math.max(1, Math.ceil(36 / near));
  const [cx, cy] = at(found.start[0], found.start[1] ?? 0);
  view.append(svg("circle", { class: "start", cx, cy, r: Math.max(3, 0.48 * Math.min(near, 110)), fill: "none", stroke: "currentColor", "stroke-opacity": 0.5, "stroke-dasharray": "3 3" }));
  for (const e of shown) {
    const [x, y] = at(e.x, e.y);
    const disc = svg("circle", { cx: x, cy: y, r: Math.max(1, 0.46 * Math.min(near, 110) * Math.sqrt(e.size / most)), fill: "currentColor", "fill-opacity": 0.18 });
    disc.append(svg("title", {}, e.parts.join("; ")));
    view.append(disc);
    const text = { x, "text-anchor": "middle", "font-size": Math.min(14, Math.max(9, near / 3)), fill: "currentColor" };
    if (near > 26 && e.shown.length * 7 < near) view.append(svg("text", { ...text, y: y + 4 }, e.shown));
    if (dimension === 1 && e.site[0] % every === 0) view.append(svg("text", { ...text, y: 124, "fill-opacity": 0.65 }, e.site[0]));
  }
  return view;
}

function lattice(found, dimension) {
  const { counts, method, checked_by: checked, n } = found.document;
  const box = document.createElement("div");
  const head = document.createElement("p");
  head.textContent = heading(found, dimension);
  const note = document.createElement("p");
  note.className = "reason";
  note.textContent = `The dashed ring is the start. Method: ${method}. Checked by: ${checked}.`;
  const table = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = counts.length > 400 ? `as a table (400 of ${counts.length} sites)` : "as a table";
  const list = document.createElement("table");
  list.setAttribute("aria-label", `walks and probabilities of the sites after ${n} steps`);
  list.innerHTML = "<thead><tr><th>site</th><th>walks</th><th>probability</th></tr></thead>";
  const tbody = list.createTBody();
  for (const c of counts.slice(0, 400)) {
    const row = tbody.insertRow();
    for (const text of [`(${c.site.join(", ")})`, c.walks && c.weight ? `${c.walks} (weight ${c.weight})` : c.walks ?? c.weight, c.probability ?? ""]) row.insertCell().textContent = text;
  }
  table.append(summary, list);
  box.append(head, picture(found, dimension), table, note);
  return box;
}

function verify(body) {
  body.innerHTML = `<p class="controls"><button type="button">Run the cross-check</button><button type="button" hidden>Cancel</button></p><div aria-live="polite"></div>`;
  const [start, cancel] = body.querySelectorAll("button");
  const out = body.lastElementChild;
  start.addEventListener("click", async () => {
    const running = new AbortController();
    cancel.onclick = () => running.abort();
    cancel.hidden = false;
    start.disabled = true;
    try {
      out.textContent = "running …";
      out.innerHTML = (await job("verify", { ...model(), seed: 1 }, (s) => (out.textContent = `running … ${s} s`), running.signal)).html;
    } catch (error) {
      out.textContent = error.name === "AbortError" ? "cancelled" : words(error);
    } finally {
      cancel.hidden = true;
      start.disabled = false;
    }
  });
}

// --- walkers ------------------------------------------------------------------------------------------------------

// What the picture shows, by the kind of scene: how its points, the count and the picture are called.
const KINDS = {
  walkers: { player: Walkers, walk: "simulated walkers", law: "exact lattice law", count: "Walkers" },
  numbers: { player: Walkers, walk: "simulated copies of the population", law: "exact law of the number", count: "Copies" },
  flights: { player: Flights, walk: "simulated walkers", law: "exact law of the walkers", count: "Walkers" },
  inner: { player: Inner, walk: "simulated walkers", law: "exact law of the walkers", count: "Walkers" },
  crowd: { player: Crowd, walk: "simulated agents", law: "mean field on the lattice", count: "Agents" },
};
let animation = null;
async function play(body) {
  body.innerHTML = `<div class="stage" hidden><p class="legend"><span class="walk">■ <span></span></span><span class="law">● <span></span></span><span class="curve">— the equation</span></p>
    <canvas width="960" height="540" role="img"></canvas>
    <p class="controls"><button type="button">Play</button><button type="button">Restart</button><label for="walkers"></label><select id="walkers"><option>1000</option><option>10000</option><option selected>100000</option></select><label for="curve-of">Equation of</label><select id="curve-of"></select><label for="shown">Density</label><select id="shown"></select><output aria-live="off"></output></p>
    <div class="sliders"></div></div><p class="note" aria-live="polite"></p>`;
  const stage = body.querySelector(".stage"), canvas = body.querySelector("canvas"), note = body.querySelector(".note");
  const [start, restart] = body.querySelectorAll("button");
  const [chooser, density] = [body.querySelector("#curve-of"), body.querySelector("#shown")];
  let values = {}, waiting, player;
  animation?.stop();
  const begin = (scene) => {
    const kind = KINDS[scene.kind];
    const [walk, law] = body.querySelectorAll(".legend span span");
    [walk.textContent, law.textContent, body.querySelector("[for=walkers]").textContent] = [kind.walk, kind.law, kind.count];
    canvas.setAttribute("aria-label", `${kind.walk}, ${kind.law} and the equation's solution`);
    for (const r of scene.regimes) chooser.append(new Option(r, r, false, r === scene.regime));
    const several = scene.kind === "crowd" && scene.states.length > 1;
    if (several) scene.states.forEach((name, n) => density.append(new Option(name, n)));
    density.hidden = body.querySelector("[for=shown]").hidden = !several;
    values = scene.values; // all of them, so that moving one slider leaves the others where they stand
    animation = player = new kind.player(canvas, body.querySelector("output"), (on) => (start.textContent = on ? "Pause" : "Play"));
    sliders(scene);
  };
  const load = async () => {
    waiting?.abort();
    waiting = new AbortController();
    try {
      const scene = await ask("scene", { ...model(), set: values, regime: chooser.value }, waiting.signal);
      if (!body.isConnected) return; // another model was shown meanwhile
      stage.hidden = false;
      if (!player) begin(scene);
      stage.classList.remove("old");
      note.textContent = scene.note;
      player.scene(scene);
    } catch (error) {
      if (error.name === "AbortError") return;
      note.textContent = `no picture: ${error.message}${error.instead ? `. Instead: ${error.instead}` : ""}`;
      if (player?.running) player.toggle();
      stage.classList.add("old"); // the picture is of the values before
    }
  };
  const sliders = (scene) => {
    for (const p of scene.parameters) {
      const row = document.createElement("div");
      row.className = "slider";
      const id = `slider-${p.name}`;
      row.innerHTML = `<label></label><input type="range" step="any"><output aria-live="off"></output>`;
      const [label, input, shown] = row.children;
      Object.assign(label, { htmlFor: id, textContent: p.name });
      Object.assign(input, { id, min: p.low, max: p.high, value: p.value });
      shown.textContent = p.value;
      input.addEventListener("input", () => {
        const value = Number(Number(input.value).toPrecision(4));
        shown.textContent = value;
        values[p.name] = String(value);
        load();
      });
      body.querySelector(".sliders").append(row);
    }
  };
  start.addEventListener("click", () => player.toggle());
  restart.addEventListener("click", () => player.restart());
  body.querySelector("#walkers").addEventListener("change", (e) => player.walkers(Number(e.target.value)));
  chooser.addEventListener("change", load);
  density.addEventListener("change", () => player.shown(Number(density.value)));
  await load();
}

// --- the model: gallery, form, LaTeX, link ------------------------------------------------------------------------

let changes = 0, followed = 0, following;
const form = new Form($("form"), async (document_) => {
  const mine = ++changes;
  try {
    const { model: text } = await ask("toml", { document: document_, ...model() });
    if (mine !== changes) return; // a later change is on its way
    $("toml").value = text;
    edited();
  } catch (error) {
    explain(error);
  }
});

// The form stands above the text, and follows it once it is TOML; a field that is being filled in is not drawn anew.
async function follow(always = false) {
  const busy = () => !always && $("form").contains(document.activeElement);
  if ($("tab-form").getAttribute("aria-selected") !== "true" || busy()) return;
  const mine = ++followed, before = changes;
  try {
    form.schema ??= (await ask("schema", {})).schema;
    const { document: found } = await ask("form", model());
    if (mine === followed && before === changes && !busy()) form.show(found);
  } catch (error) {
    if (!form.found) form.refuse(error.message);
  }
}
$("tab-form").addEventListener("chosen", () => {
  $("panel-form").append($("toml"));
  follow();
});
$("tab-toml").addEventListener("chosen", () => $("panel-toml").append($("toml")));

async function open(name, push = true) {
  const { model: text } = await ask("entry", { name });
  if (push) keep();
  clearTimeout(keeping);
  state.own = false;
  $("toml").value = text;
  $("gallery").value = name;
  if (push) history.pushState({ name }, "", `#name=${name}`);
  follow(true);
  await derive();
}

// What a model needs at least, to be changed.
const FIRST = `title = "My walk"

[parameters]
h     = "positive"  # length of a jump
Gamma = "positive"  # rate of each jump

[model]
coordinates = ["x"]

[[jumps]]
displacement = "h"
rate         = "Gamma"

[[jumps]]
displacement = "-h"
rate         = "Gamma"
`;
$("new").addEventListener("click", () => {
  keep();
  history.pushState({}, "", "#");
  use(FIRST);
});

// A text of the user's own, from elsewhere than the keyboard.
function use(text) {
  $("toml").value = text;
  own();
  follow();
  return derive();
}

$("toml").addEventListener("input", () => {
  edited();
  clearTimeout(following);
  following = setTimeout(() => follow(), 200);
});
$("gallery").addEventListener("change", (e) => e.target.value && open(e.target.value).catch(explain));
$("read").addEventListener("click", async () => {
  const out = $("reading");
  try {
    const found = await ask("read", { latex: $("latex").value });
    out.innerHTML = `<p>I read this as</p>${found.equations.map((e) => `<div class="display">${e}</div>`).join("")}`;
    const list = document.createElement("ul");
    for (const line of [...found.symbols.map((s) => `${s.name}: ${s.kind}${s.arguments.length ? ` of ${s.arguments.join(", ")}` : ""}`),
      ...found.warnings.map((w) => `warning: ${w}`), ...found.assumed.map((a) => `assumed: ${a}`)])
      list.appendChild(document.createElement("li")).textContent = line;
    const yes = Object.assign(document.createElement("button"), { type: "button", textContent: "This is what I mean: use it" });
    yes.addEventListener("click", () => {
      select($("tab-toml"), true);
      use(found.model);
    });
    out.append(list, yes);
  } catch (error) {
    out.textContent = words(error);
  }
});

function download(name, text, kind) {
  const link = Object.assign(document.createElement("a"), { download: name, href: URL.createObjectURL(new Blob([text], { type: kind })) });
  link.click();
  URL.revokeObjectURL(link.href);
}
$("save").addEventListener("click", () => download("model.toml", $("toml").value, "application/toml"));
let writing;
$("report").addEventListener("click", async () => {
  if (writing) return writing.abort();
  writing = new AbortController();
  $("report").textContent = "Cancel";
  try {
    say("writing the report …");
    const found = await job("report", { ...model(), format: $("format").value }, (s) => say(`writing the report … ${s} s`), writing.signal);
    download(`report${found.format}`, found.text, "text/plain");
    say("the report is written");
  } catch (error) {
    if (error.name === "AbortError") say("the report was cancelled");
    explain(error);
  }
  writing = undefined;
  $("report").textContent = "Report";
});

// The whole model in the fragment, which never reaches the server.
const packed = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const unpacked = (text) => new TextDecoder().decode(Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)));
$("link").addEventListener("click", async () => {
  const address = `${location.origin}${location.pathname}#model=${packed($("toml").value)}`;
  clearTimeout(keeping);
  history.replaceState({}, "", address);
  try {
    await navigator.clipboard.writeText(address);
    say("the link is on the clipboard; it holds the whole model");
  } catch {
    say("the link is in the address bar; it holds the whole model");
  }
});

async function fromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.get("model")) {
    try {
      $("toml").value = unpacked(wanted.get("model"));
    } catch {
      return say("the link holds no model", true);
    }
    [$("gallery").value, state.own] = ["", true];
    follow(true);
    return derive();
  }
  return open(wanted.get("name") || "biased_walk", false).catch(explain);
}
addEventListener("popstate", fromAddress);

fromAddress();
ask("gallery", {}).then(({ entries }) => {
  const chosen = new URLSearchParams(location.hash.slice(1)).get("name") || (location.hash ? "" : "biased_walk");
  const topics = Map.groupBy ? Map.groupBy(entries, (e) => e.topic) : new Map([["", entries]]);
  for (const [topic, found] of topics) {
    const group = Object.assign(document.createElement("optgroup"), { label: topic || "gallery" });
    for (const e of found) group.append(Object.assign(document.createElement("option"), { value: e.name, textContent: e.title }));
    $("gallery").append(group);
  }
  $("gallery").value = chosen;
}).catch(explain);

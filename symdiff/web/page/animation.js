// Walkers, their exact law and the equation's solution. Walkers and law follow the rules only; the curve comes from the server.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Round numbers, about as many, between two values.
function ticks(from, to, many) {
  const rough = (to - from) / many, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const found = [];
  for (let n = Math.ceil(from / step); n * step <= to; n++) found.push(Number((n * step).toPrecision(6)));
  return found;
}

export class Animation {
  constructor(canvas, output, onState) {
    Object.assign(this, { canvas, output, onState, count: 100000, running: false, data: null });
    this.context = canvas.getContext("2d");
  }

  scene(data) {
    this.data = data;
    this.sites = 2 * data.half + 1;
    this.prepare();
    this.restart();
  }

  walkers(count) {
    this.count = count;
    this.restart();
  }

  // Per state and site: cumulative weights of the moves; in continuous time relative to the largest rate (uniformisation).
  prepare() {
    const { moves, states, step } = this.data;
    const weight = (m, j) => (m.weights.length > 1 ? m.weights[j] : m.weights[0]);
    const size = states.length;
    this.byState = Array.from({ length: size }, (_, s) => moves.filter((m) => m.from === s));
    let largest = 0;
    for (let s = 0; s < size; s++) for (let j = 0; j < this.sites; j++) largest = Math.max(largest, this.byState[s].reduce((a, m) => a + weight(m, j), 0));
    this.rate = step === null ? largest : 1;
    this.tick = step === null ? 1 / largest : step; // time of one event of the clock
    this.table = this.byState.map((list) => {
      const cumulative = list.map(() => new Float64Array(this.sites));
      for (let j = 0; j < this.sites; j++) list.reduce((a, m, i) => (cumulative[i][j] = a + weight(m, j) / this.rate), 0);
      return cumulative;
    });
  }

  restart() {
    if (!this.data) return;
    const { half, states, shares } = this.data;
    this.place = new Int32Array(this.count).fill(half);
    this.state = new Uint8Array(this.count);
    let at = 0;
    shares.forEach((share, s) => { const end = s === shares.length - 1 ? this.count : Math.min(this.count, at + Math.round(share * this.count)); this.state.fill(s, at, end); at = end; });
    this.law = states.map((_, s) => { const row = new Float64Array(this.sites); row[half] = shares[s]; return row; });
    this.events = 0;
    this.draw();
  }

  toggle() {
    if (!this.data) return;
    if (!this.running && this.over()) this.restart();
    this.running = !this.running;
    this.onState(this.running);
    if (this.running) { this.last = performance.now(); this.frames = 0; requestAnimationFrame((t) => this.frame(t)); }
  }

  stop() {
    this.running = false;
  }

  // Whether another event would lie beyond the last time of the solution.
  over() {
    return (this.events + 1) * this.tick > this.data.times.at(-1) * (1 + 1e-6);
  }

  frame(time) {
    if (!this.running || !this.canvas.isConnected) return;
    if (this.over()) { this.running = false; this.onState(false); return; }
    if (this.data.step === null) this.poisson();
    else {
      this.moveWalkers();
      this.law = this.moved(this.law);
    }
    this.events += 1;
    this.draw();
    this.frames += 1;
    if (time - this.last > 1000) { this.output.textContent = `${Math.round((this.frames * 1000) / (time - this.last))} frames a second`; this.last = time; this.frames = 0; }
    requestAnimationFrame((t) => this.frame(t));
  }

  // Continuous time: in one tick every walker has a Poisson number of events of mean one; the law is the same mixture.
  poisson() {
    const { place } = this, weights = [Math.exp(-1)];
    for (let k = 1; k < 18; k++) weights.push(weights[k - 1] / k);
    for (let i = 0; i < place.length; i++) for (let u = Math.random(), k = 0; u > weights[k] && k < 17; k++) { u -= weights[k]; this.moveWalkers(i, i + 1); }
    let power = this.law;
    const mixture = this.law.map((row) => row.map((p) => p * weights[0]));
    for (let k = 1; k < 18; k++) {
      power = this.moved(power);
      power.forEach((row, s) => row.forEach((p, j) => (mixture[s][j] += p * weights[k])));
    }
    this.law = mixture;
  }

  moveWalkers(first = 0, last = this.place.length) {
    const { place, state, table, byState, sites } = this;
    const several = byState.length > 1;
    for (let i = first; i < last; i++) {
      const s = several ? state[i] : 0, j = place[i], cumulative = table[s], u = Math.random();
      for (let m = 0; m < cumulative.length; m++) {
        if (u < cumulative[m][j]) {
          const move = byState[s][m], target = j + move.sites;
          if (target >= 0 && target < sites) place[i] = target;
          if (several) state[i] = move.to;
          break;
        }
      }
    }
  }

  moved(law) {
    const next = law.map((row) => Float64Array.from(row));
    this.byState.forEach((list, s) => {
      const row = law[s];
      list.forEach((move, m) => {
        const cumulative = this.table[s][m], before = m ? this.table[s][m - 1] : null;
        for (let j = 0; j < this.sites; j++) {
          const flow = row[j] * (cumulative[j] - (before ? before[j] : 0));
          if (!flow) continue;
          const target = j + move.sites;
          next[s][j] -= flow;
          next[move.to][target >= 0 && target < this.sites ? target : j] += flow;
        }
      });
    });
    return next;
  }

  curve() {
    const { times, solution } = this.data, now = this.events * this.tick;
    const after = times.findIndex((t) => t * (1 + 1e-6) >= now);
    if (this.events === 0 || after < 0) return null;
    if (after === 0) return solution[0].map((v) => v);
    const share = (now - times[after - 1]) / (times[after] - times[after - 1]);
    return solution[after].map((v, i) => v * share + solution[after - 1][i] * (1 - share));
  }

  draw() {
    const { context: c, canvas, sites, data } = this;
    const scale = window.devicePixelRatio || 1, w = canvas.clientWidth || 960, h = canvas.clientHeight || (w * 9) / 16;
    if (canvas.width !== Math.round(w * scale)) [canvas.width, canvas.height] = [Math.round(w * scale), Math.round(h * scale)];
    c.setTransform(scale, 0, 0, scale, 0, 0);
    const law = new Float64Array(sites), walk = new Float64Array(sites);
    for (const row of this.law) row.forEach((p, j) => (law[j] += p / data.spacing));
    for (const j of this.place) walk[j] += 1 / (this.count * data.spacing);
    // on a bipartite lattice every second site is empty: neighbours are shown together
    const parity = law.every((p, j) => (j + this.events + data.half) % 2 === 0 || p < 1e-15) && this.events > 0;
    const share = parity ? 0.5 : 1;
    const curve = this.curve();
    let low = sites, high = 0, top = curve ? Math.max(...curve) : 0;
    law.forEach((p, j) => { if (p > 1e-5 / data.spacing) { low = Math.min(low, j); high = Math.max(high, j); } top = Math.max(top, p * share); });
    [low, high] = [Math.max(0, Math.min(low, data.half - 12) - 3), Math.min(sites - 1, Math.max(high, data.half + 12) + 3)];
    if (this.events < 2) top = Math.min(top, 1 / data.spacing);
    const x = (j) => 40 + ((w - 60) * (j - low)) / (high - low), y = (v) => h - 34 - ((h - 60) * v) / (top * 1.08 || 1);
    c.clearRect(0, 0, w, h);
    c.fillStyle = css("--walk");
    c.globalAlpha = 0.45;
    const bar = Math.max(1, ((w - 60) / (high - low)) * (parity ? 1.6 : 0.8));
    for (let j = low; j <= high; j++) if (walk[j]) c.fillRect(x(j) - bar / 2, y(walk[j] * share), bar, h - 34 - y(walk[j] * share));
    c.globalAlpha = 1;
    if (curve) {
      c.strokeStyle = css("--curve");
      c.lineWidth = 2.5;
      c.beginPath();
      data.grid.forEach((g, i) => { const j = (g - data.origin) / data.spacing + data.half; if (j >= low && j <= high) c.lineTo(x(j), y(Math.max(0, curve[i]))); });
      c.stroke();
    }
    const dot = Math.min(3, Math.max(1, (bar * 0.6) / (parity ? 1 : 0.9)));
    c.fillStyle = css("--law");
    for (let j = low; j <= high; j++) if (law[j] > 1e-9) { c.beginPath(); c.arc(x(j), y(law[j] * share), dot, 0, 7); c.fill(); }
    c.strokeStyle = css("--faint");
    c.lineWidth = 1;
    c.strokeRect(40, h - 34, w - 60, 0);
    c.fillStyle = css("--faint");
    c.font = "13px system-ui, sans-serif";
    c.textAlign = "center";
    for (const v of ticks(data.origin + (low - data.half) * data.spacing, data.origin + (high - data.half) * data.spacing, Math.max(5, w / 150))) c.fillText(v, x((v - data.origin) / data.spacing + data.half), h - 12);
    c.textAlign = "right";
    c.fillText(`t = ${Number((this.events * this.tick).toPrecision(4))}, ${this.count} walkers`, w - 24, 24);
    if (parity) c.fillText("every second site is empty: halves of the law are shown", w - 24, 46);
  }
}

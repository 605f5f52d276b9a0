// Walkers and their exact law follow the rules only; the curve comes from the server.
import { Player } from "./player.js";

export class Walkers extends Player {
  // Per state and site: cumulative weights of the moves; in continuous time relative to the largest rate (uniformisation).
  prepare() {
    const { moves, states, step, half } = this.data;
    this.sites = 2 * half + 1;
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

  // Whether another event would lie beyond the last time of the solution.
  over() {
    return (this.events + 1) * this.tick > this.data.times.at(-1) * (1 + 1e-6);
  }

  advance() {
    if (this.data.step === null) this.poisson();
    else {
      this.moveWalkers();
      this.law = this.moved(this.law);
    }
    this.events += 1;
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

  draw() {
    const { sites, data } = this, { half, spacing, origin } = data;
    const law = new Float64Array(sites), walk = new Float64Array(sites);
    for (const row of this.law) row.forEach((p, j) => (law[j] += p / spacing));
    for (const j of this.place) walk[j] += 1 / (this.count * spacing);
    // on a bipartite lattice every second site is empty: neighbours are shown together
    const parity = law.every((p, j) => (j + this.events + half) % 2 === 0 || p < 1e-15) && this.events > 0;
    const share = parity ? 0.5 : 1;
    const curve = this.events ? this.between(null, data.solution, this.events * this.tick) : null;
    let low = sites, high = 0, top = curve ? Math.max(...curve) : 0;
    law.forEach((p, j) => { if (p > 1e-5 / spacing) { low = Math.min(low, j); high = Math.max(high, j); } top = Math.max(top, p * share); });
    [low, high] = [Math.max(0, Math.min(low, half - 12) - 3), Math.min(sites - 1, Math.max(high, half + 12) + 3)];
    if (this.events < 2) top = Math.min(top, 1 / spacing);
    const at = (j) => origin + (j - half) * spacing;
    this.plot({
      low: at(low), high: at(high), top, places: Array.from(law, (_, j) => at(j)), bars: walk.map((p) => p * share), bar: spacing * (parity ? 1.6 : 0.8),
      dots: law.map((p) => (p > 1e-9 ? p * share : 0)), grid: data.grid, curve,
      captions: [`t = ${Number((this.events * this.tick).toPrecision(4))}, ${this.count} walkers`, ...(parity ? ["every second site is empty: halves of the law are shown"] : [])],
    });
  }
}

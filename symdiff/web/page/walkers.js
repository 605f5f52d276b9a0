// Walkers and their exact law follow the rules only; the curve comes from the server.
import { Player } from "./player.js";

const POISSON = [Math.exp(-1)];
for (let k = 1; k < 18; k++) POISSON.push(POISSON[k - 1] / k);
const EVENTS = POISSON.map(((sum) => (p) => (sum += p))(0));

export class Walkers extends Player {
  // Per state and site: cumulative weights of the moves; in continuous time relative to the largest rate (uniformisation).
  prepare() {
    const { moves, states, step, sites } = this.data;
    this.sites = sites;
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
    const { start, states, shares } = this.data;
    this.place = new Int32Array(this.count).fill(start); // -1: dead
    this.state = new Uint8Array(this.count);
    let at = 0;
    shares.forEach((share, s) => { const end = s === shares.length - 1 ? this.count : Math.min(this.count, at + Math.round(share * this.count)); this.state.fill(s, at, end); at = end; });
    this.law = states.map((_, s) => { const row = new Float64Array(this.sites); row[start] = shares[s]; return row; });
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
    this.moveWalkers(EVENTS);
    let power = this.law;
    const mixture = this.law.map((row) => row.map((p) => p * POISSON[0]));
    for (let k = 1; k < POISSON.length; k++) {
      power = this.moved(power);
      power.forEach((row, s) => row.forEach((p, j) => (mixture[s][j] += p * POISSON[k])));
    }
    this.law = mixture;
  }

  // One event of every walker, or as many as `upTo` (cumulative probabilities of 0, 1, ...) says.
  moveWalkers(upTo = [0, 1]) {
    const { place, state, table, byState, sites } = this;
    for (let i = 0; i < place.length; i++) {
      let events = 0, j = place[i], s = state[i];
      if (j < 0) continue;
      for (const u = upTo.length > 2 ? Math.random() : 0; events < upTo.length - 1 && u >= upTo[events]; ) events++;
      for (; events > 0 && j >= 0; events--) {
        const cumulative = table[s], u = Math.random();
        for (let m = 0; m < cumulative.length; m++) {
          if (u >= cumulative[m][j]) continue;
          const move = byState[s][m], target = move.at ?? j + move.sites;
          if (move.to < 0) j = -1;
          else {
            if (target >= 0 && target < sites) j = target;
            s = move.to;
          }
          break;
        }
      }
      place[i] = j;
      state[i] = s;
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
          const target = move.at ?? j + move.sites;
          next[s][j] -= flow;
          if (move.to >= 0) next[move.to][target >= 0 && target < this.sites ? target : j] += flow;
        }
      });
    });
    return next;
  }

  // Densities of walkers and law over all states, per length.
  densities() {
    const { sites, data } = this, law = new Float64Array(sites), walk = new Float64Array(sites);
    for (const row of this.law) row.forEach((p, j) => (law[j] += p / data.spacing));
    let alive = 0;
    for (const j of this.place) if (j >= 0) { walk[j] += 1 / (this.count * data.spacing); alive += 1; }
    return { law, walk, alive };
  }

  // The sites that are shown: those that the law has reached, and some around the start.
  shown(law) {
    const { spacing, start } = this.data;
    let [low, high] = [start - 12, start + 12];
    law.forEach((p, j) => { if (p > 1e-5 / spacing) [low, high] = [Math.min(low, j), Math.max(high, j)]; });
    return [Math.max(0, low - 3), Math.min(this.sites - 1, high + 3)];
  }

  draw() {
    const { data } = this, { low: first, spacing, start } = data, { law, walk, alive } = this.densities();
    // on a bipartite lattice every second site is empty: neighbours are shown together
    const parity = this.events > 0 && law.every((p, j) => (j + this.events + start) % 2 === 0 || p < 1e-15);
    const share = parity ? 0.5 : 1;
    const curve = this.events ? this.between(null, data.solution, this.events * this.tick) : null;
    const [from, to] = this.shown(law), at = (j) => first + j * spacing;
    let top = curve ? Math.max(...curve) : 0;
    law.forEach((p) => (top = Math.max(top, p * share)));
    if (this.events < 2) top = Math.min(top, 1 / spacing);
    this.plot({
      low: at(from - 0.5), high: at(to + 0.5), top, places: Array.from(law, (_, j) => at(j)), bars: walk.map((p) => p * share), bar: spacing * (parity ? 1.6 : 0.8),
      dots: law.map((p) => (p > 1e-9 ? p * share : 0)), grid: data.grid, curve,
      captions: [this.caption(alive), ...(parity ? ["every second site is empty: halves of the law are shown"] : [])],
    });
  }

  caption(alive) {
    const time = Number((this.events * this.tick).toPrecision(4));
    return `t = ${time}, ${alive} ${this.data.kind === "numbers" ? "copies" : "walkers"}${alive < this.count ? `, ${this.count - alive} absorbed` : ""}`;
  }
}

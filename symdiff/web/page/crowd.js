// Agents that see each other follow the tables of their rules, one event after the other; mean field and curve come from the server.
import { Player } from "./player.js";

const BUDGET = 15; // milliseconds of one frame for the agents: where their events take longer, time goes more slowly

export class Crowd extends Player {
  shown(state) {
    this.state = state;
    this.draw();
  }

  prepare() {
    this.state = Math.min(this.state ?? 0, this.data.states.length - 1);
    const { cap, sites } = this.data;
    // agents as [state, sites away along every coordinate]; flat is the rule's `seen` without the nesting
    this.rules = this.data.rules.map((rule) => ({
      ...rule, columns: (cap + 1) ** rule.seen.length, first: rule.gone.length ? rule.gone[0][0] : -1,
      back: rule.gone.length && rule.gone[0].slice(1).some(Boolean) ? rule.gone[0].map((d) => -d) : null,
    }));
    this.line = sites.length === 1;
    this.levels = cap + 1;
    this.weights = new Float64Array(this.rules.length * this.levels);
  }

  restart() {
    if (!this.data) return;
    const { sites, start, cap, states } = this.data;
    this.rows = sites.slice(1).reduce((a, n) => a * n, 1);
    const mean = start.flat().reduce((a, v) => a + v, 0) * this.rows;
    this.copies = Math.max(1, Math.round(this.count / mean));
    this.size = sites[0] * this.rows * this.copies;
    this.numbers = states.map(() => new Uint8Array(this.size));
    Object.assign(this, { now: 0, most: 1, left: 0, agents: 0 });
    for (let i = 0; i < this.size; i++) this.fill(i, i % sites[0]);
    // per state and number: the sites with so many agents, and where each site stands in its list
    this.lists = states.map(() => Array.from({ length: cap + 1 }, () => []));
    this.at = states.map(() => new Int32Array(this.size));
    this.numbers.forEach((row, s) => row.forEach((n, i) => { this.at[s][i] = this.lists[s][n].push(i) - 1; this.most = Math.max(this.most, n); this.agents += n; }));
    this.weigh();
    this.draw();
  }

  // Agents at the start: every place of a site taken independently, or Poisson numbers where there is no limit.
  fill(i, x) {
    const { start, cap, limited } = this.data;
    if (limited) {
      for (let k = 0; k < cap; k++) {
        let u = Math.random() * cap;
        for (let s = 0; s < start.length; s++) if ((u -= start[s][x]) < 0) { this.numbers[s][i] += 1; break; }
      }
      return;
    }
    let room = cap;
    start.forEach((row, s) => {
      let n = 0;
      for (let p = Math.random(), end = Math.exp(-row[x]); p > end && n < room; p *= Math.random()) n++;
      this.numbers[s][i] = n;
      room -= n;
    });
  }

  // The largest possible rates of every rule, by the number of the first agent that goes.
  weigh() {
    const { most, size, rules, levels, weights, lists } = this;
    let total = 0;
    for (let k = 0; k < rules.length; k++) {
      const { first, bounds } = rules[k];
      if (first < 0) total += weights[k * levels] = size * bounds[0][most];
      else for (let n = 1; n <= most; n++) total += weights[k * levels + n] = lists[first][n].length * bounds[n][most];
    }
    this.total = total;
  }

  // A site some way off, on a ring along every coordinate.
  site(i, away) {
    const { sites } = this.data;
    if (this.line) {
      const x = i % sites[0], y = x + away[1];
      return i - x + (y < 0 ? y + sites[0] : y >= sites[0] ? y - sites[0] : y);
    }
    let rest = i, found = 0, unit = 1;
    for (let d = 0; d < sites.length; d++) {
      const n = sites[d], x = rest % n;
      rest = (rest - x) / n;
      found += ((x + away[d + 1] + n) % n) * unit;
      unit *= n;
    }
    return found + rest * unit;
  }

  set(s, i, n) {
    const list = this.lists[s][this.numbers[s][i]], last = list.pop(), place = this.at[s][i];
    if (last !== i) { list[place] = last; this.at[s][last] = place; }
    this.numbers[s][i] = n;
    this.at[s][i] = this.lists[s][n].push(i) - 1;
    if (n > this.most) this.most = n;
  }

  // Thinning: offers at the largest possible rate, taken with the share that the rule's rate is of it.
  offer() {
    const { rules, levels, weights, most, numbers } = this;
    let u = Math.random() * this.total, k = 0, n = 0, weight = 0;
    search: for (; k < rules.length; k++)
      for (n = rules[k].first < 0 ? 0 : 1; n <= (rules[k].first < 0 ? 0 : most); n++) {
        weight = weights[k * levels + n];
        if (u < weight) break search;
        u -= weight;
      }
    if (k === rules.length) return; // rounding
    const rule = rules[k], bound = rule.bounds[n][most], pick = u / bound, index = Math.floor(pick);
    let i = rule.first < 0 ? index : this.lists[rule.first][n][index];
    if (i === undefined || i >= this.size) return;
    if (rule.back) i = this.site(i, rule.back);
    let code = 0;
    for (let a = 0; a < rule.seen.length; a++) code = code * levels + numbers[rule.seen[a][0]][this.site(i, rule.seen[a])];
    if (rule.rows > 1) code += rule.columns * (i % this.data.sites[0]);
    if ((pick - index) * bound < rule.table[code]) this.happen(rule, i);
  }

  add(agent, i, change) {
    const j = this.site(i, agent), s = agent[0];
    this.set(s, j, this.numbers[s][j] + change);
  }

  // Whether a site holds more agents than the tables do.
  full(agent, i) {
    const j = this.site(i, agent);
    let sum = 0;
    for (let s = 0; s < this.numbers.length; s++) sum += this.numbers[s][j];
    return sum >= this.data.cap;
  }

  happen(rule, i) {
    const { gone, come } = rule;
    for (let k = 0; k < gone.length; k++) this.add(gone[k], i, -1);
    let k = 0;
    while (k < come.length && !this.full(come[k], i)) this.add(come[k++], i, 1);
    if (k < come.length) { // as it was
      while (k > 0) this.add(come[--k], i, -1);
      for (k = 0; k < gone.length; k++) this.add(gone[k], i, 1);
      this.left += 1;
    } else this.agents += come.length - gone.length;
    this.weigh();
  }

  advance() {
    const until = this.ends ?? this.now + this.data.tick, stop = performance.now() + BUDGET;
    for (let k = 1; ; k++) {
      const wait = -Math.log(1 - Math.random()) / this.total;
      if (!(this.now + wait < until)) break;
      this.now += wait;
      this.offer();
      if (k % 512 === 0 && performance.now() > stop) { this.ends = until; return; }
    }
    this.now = until;
    this.ends = undefined;
  }

  over() {
    return this.now >= this.data.times.at(-1) * (1 - 1e-6);
  }

  // Mean numbers of agents per site along the first coordinate.
  means(s) {
    const n = this.data.sites[0], found = new Float64Array(n), share = 1 / (this.rows * this.copies);
    this.numbers[s].forEach((number, i) => (found[i % n] += number * share));
    return found;
  }

  draw() {
    const { data, state: s, now } = this, { spacing, sites, start, solution, law, states } = data;
    const places = start[s].map((_, j) => j * spacing);
    const rows = (all) => all.map((frame) => frame[s]);
    const dots = this.between(start[s], rows(law), now), curve = this.between(start[s], rows(solution), now);
    const bars = this.means(s);
    const top = Math.max(...start.flat(), ...(dots ?? []), ...bars);
    this.plot({
      low: -spacing, high: sites[0] * spacing, top, places, bars, bar: spacing * 0.8, dots, grid: places, curve,
      captions: [`t = ${Number(now.toPrecision(4))}, ${this.agents} agents${states.length > 1 ? `, ${states[s]}` : ""}`, ...(this.left ? [`${this.left} events left out: more than ${data.cap} agents on a site`] : [])],
    });
  }
}

// Random numbers of the laws that a scene names: a code with three numbers each, as the server writes them.
let spare = null; // Box and Muller's method makes two at a time
export function normal() {
  if (spare !== null) { const kept = spare; spare = null; return kept; }
  const size = Math.sqrt(-2 * Math.log(1 - Math.random())), angle = 2 * Math.PI * Math.random();
  spare = size * Math.sin(angle);
  return size * Math.cos(angle);
}

// Marsaglia and Tsang, ACM TOMS 26 (2000) 363; shapes below one are drawn with one more, times u^(1/shape).
function gamma(shape) {
  if (shape < 1) return gamma(shape + 1) * (1 - Math.random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal(), v = (1 + x / (3 * Math.sqrt(d))) ** 3;
    if (v > 0 && Math.log(1 - Math.random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

// Chambers, Mallows and Stuck, J. Am. Stat. Assoc. 71 (1976) 340.
function stable(a, b, c) {
  const turns = Math.PI * (Math.random() - 0.5), turned = a * turns + Math.PI * c, wait = -Math.log(1 - Math.random());
  return (b * Math.sin(turned) * (Math.cos(turned - turns) / wait) ** ((1 - a) / a)) / Math.cos(turns) ** (1 / a);
}

// Fulger, Scalas and Germano, Phys. Rev. E 77 (2008) 021122.
function mittagLeffler(a, b) {
  const v = 1 - Math.random();
  return -Math.log(1 - Math.random()) * b * (Math.sin(Math.PI * a * (1 - v)) / Math.sin(Math.PI * a * v)) ** (1 / a);
}

function fromTable({ values, cumulative }) {
  const u = Math.random();
  let low = 0, high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (u < cumulative[middle]) high = middle;
    else low = middle + 1;
  }
  return values[low];
}

const LAWS = {
  0: (a) => () => a,
  1: (a, b) => () => a + (b - a) * Math.random(),
  2: (a) => () => -a * Math.log(1 - Math.random()),
  3: (a, b) => () => a + b * normal(),
  4: (a) => () => a * Math.log((1 - Math.random()) / (1 - Math.random())),
  5: (a, b, c) => () => b * (1 - Math.random()) ** (-1 / a) - c,
  6: (a, b) => () => (Math.random() < 0.5 ? -b : b) * (1 - Math.random()) ** (-1 / a),
  7: (a) => () => a * Math.tan(Math.PI * (Math.random() - 0.5)),
  8: (a, b, c) => () => stable(a, b, c),
  9: (a, b) => () => mittagLeffler(a, b),
  10: (a) => () => Math.floor(a * Math.log(1 - Math.random())),
  // (a, b, c) = (shape - 1/3, scale, 0), or (shape + 2/3, scale, 1/shape) where the shape is below one
  100: (a, b, c) => { const shape = c > 0 ? 1 / c : a + 1 / 3; return () => b * gamma(shape); },
  101: (a) => () => normal() / Math.sqrt((2 * gamma(a / 2)) / a),
  102: (a, b, c) => { const cut = c > 0 ? (b / c) ** a : 0; return () => b * (1 - Math.random() * (1 - cut)) ** (-1 / a); },
  103: () => () => Math.cos(2 * Math.PI * Math.random()),
  104: () => () => 2 * Math.random() - 1,
};

// A function that draws from the law ([code, a, b, c]) of a scene with these tables.
export function drawn(law, tables) {
  const [code, ...numbers] = law;
  return code === 105 ? () => fromTable(tables[numbers[0]]) : LAWS[code](...numbers);
}

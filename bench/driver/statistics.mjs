// What is told of repeated measurements: medians, with the least and the greatest.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

// A measurement that was repeated, or a ratio taken within each round.
export class Rounds {
  constructor(values) {
    this.values = values;
  }
  get median() {
    return median(this.values);
  }
  get least() {
    return Math.min(...this.values);
  }
  get greatest() {
    return Math.max(...this.values);
  }
  // To another one's, round by round: what else the machine did weighed on both.
  over(other) {
    return new Rounds(this.values.map((value, i) => value / other.values[i]));
  }
  // "2.31 (2.20 to 2.52)"
  text(digits = 2) {
    const all = [this.median, this.least, this.greatest].map((value) => value.toFixed(digits));
    return this.values.length === 1 ? all[0] : `${all[0]} (${all[1]} to ${all[2]})`;
  }
}

export const wholeNumber = (value) => Math.round(value).toLocaleString('en');

/** One benchmark. `bench/main.ts` runs those that are listed there, by name, and prints their rows as one table. */
export interface Bench {
  /** What it is called on the command line, e.g. `store`. */
  readonly name: string;
  /** Cleans up after itself, also when it throws. */
  run(): Promise<Row[]>;
}

/** One measured figure. `goal` and `reference` have the figure's unit. */
export interface Row {
  readonly what: string;
  readonly value: number;
  /** E.g. `ms`, `1/s`, `MB`, `%`; empty for plain counts. */
  readonly unit: string;
  /** What it must reach. `atMost` for times and sizes, `atLeast` for rates. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
  /** A peer's figure, measured in the same run or published, and whose it is. */
  readonly reference?: { readonly value: number; readonly of: string };
}

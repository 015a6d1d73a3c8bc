type Step = 'field' | 'key' | 'index';

/** The way from an object's root to the value at hand. Entering and leaving is cheap; paths are written when asked for. */
export class Walk {
  readonly #names: (string | number)[] = [];
  readonly #steps: Step[] = [];

  get depth(): number {
    return this.#names.length;
  }

  enterField(name: string): void {
    this.#names.push(name);
    this.#steps.push('field');
  }

  enterKey(key: string): void {
    this.#names.push(key);
    this.#steps.push('key');
  }

  enterIndex(index: number): void {
    this.#names.push(index);
    this.#steps.push('index');
  }

  leave(): void {
    this.#names.pop();
    this.#steps.pop();
  }

  /** As in a StatusCause: `spec.ports[0].name`, `metadata.labels[app]`. */
  fieldPath(): string {
    return this.#write((name, step) => (step === 'field' ? `.${name}` : `[${name}]`));
  }

  /** As in warnings about unknown fields: keys of maps stand there like fields. */
  strictPath(): string {
    return this.#write((name, step) => (step === 'index' ? `[${name}]` : `.${name}`));
  }

  /** As in the decoder's errors: fields only. */
  goPath(): string {
    return this.#write((name, step) => (step === 'field' ? `.${name}` : ''));
  }

  #write(part: (name: string | number, step: Step) => string): string {
    const path = this.#names.map((name, at) => part(name, this.#steps[at] ?? 'field')).join('');
    return path.startsWith('.') ? path.slice(1) : path;
  }
}

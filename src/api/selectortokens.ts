export interface SelectorToken {
  readonly kind: 'word' | 'symbol' | 'end';
  readonly text: string;
}

const TOKEN = /\s*(?:(!=|==|[=!(),<>])|([^\s=!(),<>]+))/y;

/**
 * The tokens of a label selector. `in` and `notin` are operators where an operator may stand and ordinary words where
 * a key or a value may: the reader says which (`asValue`).
 */
export class SelectorTokens {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text.trim();
  }

  /** The next token, left in place. */
  peek(asValue: boolean): SelectorToken {
    return this.#read(asValue).token;
  }

  /** The next token, consumed. */
  take(asValue: boolean): SelectorToken {
    const { token, end } = this.#read(asValue);
    this.#position = end;
    return token;
  }

  #read(asValue: boolean): { token: SelectorToken; end: number } {
    TOKEN.lastIndex = this.#position;
    const found = TOKEN.exec(this.#text);
    if (!found) return { token: { kind: 'end', text: '' }, end: this.#text.length };
    const [, symbol, word = ''] = found;
    const operator = symbol ?? (!asValue && (word === 'in' || word === 'notin') ? word : undefined);
    const token: SelectorToken = operator ? { kind: 'symbol', text: operator } : { kind: 'word', text: word };
    return { token, end: TOKEN.lastIndex };
  }
}

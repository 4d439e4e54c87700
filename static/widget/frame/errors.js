// Errors as the server's widget/errors.py defines them: their texts come with the frame, in its language.

export class CcError extends Error {
  constructor(code, reason, message) {
    super(message);
    this.code = code;
    this.reason = reason;
  }

  get plain() {
    return { code: this.code, reason: this.reason, message: this.message };
  }
}

export class Texts {
  #texts = {};
  #errors = {};

  /** @param {{texts: Object<string, string>, errors: Object<string, {code: number, message: string}>}} data */
  load(data) {
    this.#texts = data.texts;
    this.#errors = data.errors;
  }

  text(key, values = {}) {
    return (this.#texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  error(reason, message) {
    const known = this.#errors[reason];
    return new CcError(known?.code ?? 100218, reason, message ?? known?.message ?? reason);
  }
}

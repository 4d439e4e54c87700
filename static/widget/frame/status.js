// The agent's own choice of status. During a call it waits for the end, which the server's header then says.

import { ID, WIRE } from "./constants.js";

export class Status {
  #connection;

  constructor(connection) {
    this.#connection = connection;
  }

  async choose(value) {
    document.getElementById(ID.statusMenu)?.hidePopover?.();
    await this.#connection.request({ t: WIRE.status, value });
  }
}

/** The first message to a kernel, repeated until it is answered. */

/** Milliseconds until the first repetition; each further one takes twice as long. */
const FIRST_WAIT = 1000;

/**
 * A kernel may be about to block in a cell, and may leave a message that came just before unread
 * until the cell has ended. One that comes later is read in time.
 */
export class Greeting {
  /** @param _send Sends the message; it may be called more than once. */
  constructor(private readonly _send: () => void) {}

  /** Send it, and again until `end` is called. */
  begin(): void {
    this._sendAndWait(FIRST_WAIT);
  }

  /** It was answered, or nobody is there any more who could answer. */
  end(): void {
    clearTimeout(this._timer);
  }

  private _sendAndWait(wait: number): void {
    this.end();
    this._send();
    this._timer = setTimeout(() => this._sendAndWait(2 * wait), wait);
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
}

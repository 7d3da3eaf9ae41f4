/** The first message to a kernel, repeated until the kernel answers. */

/** Milliseconds until the first repetition; the wait doubles each time. */
const FIRST_WAIT = 1000;

/**
 * A kernel that is about to block in a cell may leave a message that arrived just before unread
 * until the cell has ended. It reads messages that arrive later in time.
 */
export class Greeting {
  /** @param _send Sends the message; it may be called more than once. */
  constructor(private readonly _send: () => void) {}

  /** Send it, and again until `end` is called. */
  begin(): void {
    this._sendAndWait(FIRST_WAIT);
  }

  /** The kernel has responded, restarted or died. */
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

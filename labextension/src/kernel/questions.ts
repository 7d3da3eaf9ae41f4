/** Requests to a kernel that wait for a response. */

import type { FromKernel } from './protocol';

/** The kernel did not respond in time. */
export class NoResponse extends Error {
  constructor() {
    super('The kernel did not respond.');
    this.name = 'NoResponse';
  }
}

interface Question {
  answer: FromKernel['type'];
  resolve: (message: FromKernel) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class Questions {
  /**
   * Send a request with `send`, which is called with its ID. The response is a message of type
   * `answer` with the same ID.
   */
  ask<T extends FromKernel['type']>(
    send: (id: number) => void,
    answer: T,
    timeout: number
  ): Promise<Extract<FromKernel, { type: T }>> {
    const id = this._next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this._take(id)?.reject(new NoResponse()), timeout);
      this._open.set(id, { answer, resolve: resolve as Question['resolve'], reject, timer });
      try {
        send(id);
      } catch (error) {
        this._take(id)?.reject(error as Error);
      }
    });
  }

  /** Resolve the request that a message answers. Requests of other pages have other IDs. */
  receive(message: FromKernel): void {
    if (!('id' in message)) {
      return;
    }
    const question = this._open.get(message.id);
    if (question?.answer === message.type) {
      this._take(message.id)?.resolve(message);
    } else if (message.type === 'failed') {
      this._take(message.id)?.reject(new Error(message.text));
    }
  }

  /** Reject all pending requests: no response will arrive. */
  end(): void {
    for (const id of [...this._open.keys()]) {
      this._take(id)?.reject(new Error('The kernel was restarted or has died.'));
    }
  }

  private _take(id: number): Question | undefined {
    const question = this._open.get(id);
    clearTimeout(question?.timer);
    this._open.delete(id);
    return question;
  }

  private _open = new Map<number, Question>();
  /** A kernel sends its responses to all pages, so the IDs of two pages must not overlap. */
  private _next = Math.floor(Math.random() * 2 ** 40);
}

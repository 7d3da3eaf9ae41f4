/** Questions to a kernel that wait for their answers. */

import type { FromKernel } from './protocol';

/** The kernel said nothing in time. */
export class NotHeard extends Error {
  constructor() {
    super('The kernel did not respond.');
    this.name = 'NotHeard';
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
   * Ask with `send`, which is given the question's id; the answer is a message of type `answer`
   * with that id.
   */
  ask<T extends FromKernel['type']>(
    send: (id: number) => void,
    answer: T,
    timeout: number
  ): Promise<Extract<FromKernel, { type: T }>> {
    const id = this._next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this._take(id)?.reject(new NotHeard()), timeout);
      this._open.set(id, { answer, resolve: resolve as Question['resolve'], reject, timer });
      try {
        send(id);
      } catch (error) {
        this._take(id)?.reject(error as Error);
      }
    });
  }

  /** Hand a message to the question that it answers. Those of other pages have other ids. */
  hear(message: FromKernel): void {
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

  /** No answer will come any more. */
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
  /** A kernel answers all its pages at once, so no two of them may count from the same number. */
  private _next = Math.floor(Math.random() * 2 ** 40);
}

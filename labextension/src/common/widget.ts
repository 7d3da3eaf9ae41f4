/** What anywidget gives the code of a widget. */

/**
 * The model of a widget.
 * @typeParam Traits its synced traits
 * @typeParam Sent the messages that it sends
 */
export interface Model<Traits, Sent> {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  send(content: Sent): void;
  on(event: string, handler: (...args: never[]) => void): void;
  off(event: string, handler: (...args: never[]) => void): void;
}

export interface Context<Traits, Sent> {
  model: Model<Traits, Sent>;
  el: HTMLElement;
  signal?: AbortSignal;
}

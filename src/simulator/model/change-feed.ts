/** Listens for changes of the inventory, for the filters of the property collectors. */
export interface ChangeListener {
  /** A property of the object has changed. */
  changed(id: string): void;
  /** Objects came, went or moved: selections have to be made anew. */
  restructured(): void;
}

/** Tells the filters what has changed, so that none of them has to poll. */
export class ChangeFeed {
  readonly #listeners = new Set<ChangeListener>();

  /** Announces a change of one object. */
  changed(id: string): void {
    for (const listener of this.#listeners) listener.changed(id);
  }

  /** Announces a change of what is where. */
  restructured(): void {
    for (const listener of this.#listeners) listener.restructured();
  }

  /** Adds a listener; the function returned removes it. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

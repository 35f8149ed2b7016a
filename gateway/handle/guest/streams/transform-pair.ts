/** The two ends of a TransformStream, for the platform's own transforms. */
import { TransformStream } from "web-streams-polyfill";

export interface Transform<T> {
  transform(chunk: unknown, emit: (value: T) => void): void;
  flush(emit: (value: T) => void): void;
}

export function transformPair<T>(transform: Transform<T>): { readable: object; writable: object } {
  const { readable, writable } = new TransformStream<unknown, T>({
    transform: (chunk, controller) => transform.transform(chunk, (value) => controller.enqueue(value)),
    flush: (controller) => transform.flush((value) => controller.enqueue(value)),
  });
  return { readable, writable };
}

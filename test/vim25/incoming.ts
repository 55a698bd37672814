import type {HttpAnswer, IncomingAnswer} from '../../src/vim25/http-client.js';

/** Some pieces of text, one after the other. */
export async function* piecesOf(...pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}

/** An answer as it comes in, all at once. */
export function incoming({body, ...head}: HttpAnswer): IncomingAnswer {
  return {...head, start: body.slice(0, 4096), text: piecesOf(body)};
}

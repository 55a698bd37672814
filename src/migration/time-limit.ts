/** Waits for what others have written, but not for ever: rejects when the time limit (milliseconds) is over. */
export async function within<T>(timeLimit: number, result: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not settle within ${timeLimit} ms`)), timeLimit);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Major and minor version: a worker works on runs of its own alone. */
export function minorOf(tool: string): string {
  return tool.split('.').slice(0, 2).join('.');
}

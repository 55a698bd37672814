// `string-width`, but loaded only for text that is not plain ASCII: its emoji tables take as long as the rest of --help.
export default function stringWidth(text, options) {
  return /^[ -~]*$/.test(text) ? text.length : require('string-width').default(text, options);
}

/**
 * A string as element content that the `soap` package copies out untouched. Its own escaping lets a value
 * that looks like `<![CDATA[…]]>` through raw, so no text of ours goes that way.
 */
export interface XmlText {
  readonly $xml: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/** Escapes text so that a parser gives back exactly the same characters, blanks and line ends included. */
export function escapeText(text: string): string {
  return text.replace(/[&<>\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

/** Text as an element's content. */
export function xmlText(text: string): XmlText {
  return {$xml: escapeText(text)};
}

/** Text as the content of an `xsd:anyType` element, typed as the string that it is: `true` and `007` stay text. */
export function xmlString(text: string): XmlText {
  return {attributes: {'xsi:type': 'xsd:string'}, $xml: escapeText(text)};
}

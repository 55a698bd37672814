/** Strings that a person with access to vSphere could give to a VM, or write into a value, to do harm in a report. */
export const HOSTILE: readonly string[] = [
  'red \u001b[31;1m and gone \u001b[2J\u001b[H',
  'title \u001b]0;owned\u0007 link \u001b]8;;http://evil.example\u001b\\x',
  'one-byte \u009b2J and \u0000 \u0007 \u0008 \u007f \u0085',
  'line\nbreak\r\nand\ttab \u2028 \u2029',
  'bidi \u202egpj.exe\u2066 \u200f \u061c',
  '<script>alert(1)</script>',
  '</script><script>alert(2)</script><!--',
  '"><img src=x onerror=alert(3)> \'><svg onload=alert(4)>',
  '&lt;b&gt; &#60;script&#62;',
  '](http://evil.example) [x](javascript:alert(5)) ![y](http://evil.example/z.png)',
  'a | b ||| c \\| d',
  '`code` ``` and ** bold ** __x__ ~~gone~~ # no heading',
  '<http://evil.example> www.evil.example https://evil.example @everyone',
  ']]>',
  '<![CDATA[x]]> <?xml version="1.0"?> &entity;',
  '=HYPERLINK("http://evil.example","x")',
  "+1+cmd|' /C calc'!A0",
  '-2+3',
  '@SUM(1)',
  '\t=1+1',
  'quote " comma , ""',
  'half a character \ud800 and non-characters \ufffe\uffff',
  '__proto__',
];

/** What no form of a report may contain, wherever it came from. Line ends are the report's own. */
export const HARMFUL = /(?![\n\r])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

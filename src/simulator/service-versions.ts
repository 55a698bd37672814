/** Every version of the vim25 API that the server could speak, newest first. */
const VERSIONS = [
  '8.0.1.0',
  '8.0.0.0',
  '7.0.3.0',
  '7.0.0.0',
  '6.7.3',
  '6.7.2',
  '6.7.1',
  '6.7',
  '6.5',
  '6.0',
  '5.5',
  '5.1',
  '5.0',
  '4.1',
  '4.0',
  '2.5u2',
  '2.5',
  '2.0',
];

/** The document `/sdk/vimServiceVersions.xml` of a server whose API version this is. */
export function serviceVersions(apiVersion: string): string {
  const prior = VERSIONS.slice(VERSIONS.indexOf(apiVersion) + 1);
  return (
    '<?xml version="1.0" encoding="UTF-8" ?>\n' +
    '<namespaces version="1.0">\n <namespace>\n  <name>urn:vim25</name>\n' +
    `  <version>${apiVersion}</version>\n  <priorVersions>\n` +
    prior.map((version) => `   <version>${version}</version>\n`).join('') +
    '  </priorVersions>\n </namespace>\n</namespaces>\n'
  );
}

import {element} from './element.js';

/** What a row opens: everything known of one VM. Empty while it is closed. */
export function detailCell(vm, columns) {
  const cell = element('td', {colspan: String(columns)});
  if (vm === null) return cell;
  if (vm.error !== null)
    cell.append(
      element('p', {class: 'problem'}, element('strong', {}, vm.error.code), `: ${vm.error.message}`),
    );
  const facts = [
    ['Id', vm.id],
    ['Display name', vm.displayName],
    ['Container id', vm.containerId],
    ['Plugins', vm.applied.join(', ')],
    ['Applied before', (vm.history ?? []).join(', ')],
    ['Pending', (vm.pending ?? []).join(', ')],
  ].filter(([, value]) => value !== null && value !== '');
  const pairs = facts.map(([name, value]) =>
    element('div', {}, element('dt', {}, name), element('dd', {}, value)),
  );
  cell.append(element('dl', {class: 'facts'}, ...pairs));
  if (vm.changes.length > 0) cell.append(changesTable(vm));
  if (vm.findings.length > 0) {
    const items = vm.findings.map(({code, message}) =>
      element('li', {}, element('code', {}, code), `: ${message}`),
    );
    cell.append(element('h3', {}, 'Findings'), element('ul', {}, ...items));
  }
  return cell;
}

function changesTable(vm) {
  const head = ['Key', 'Before', 'After'].map((name) => element('th', {scope: 'col'}, name));
  const value = (raw, side) =>
    raw === null
      ? element('td', {class: 'value absent'}, 'absent')
      : element('td', {class: `value ${side}`}, raw);
  const lines = vm.changes.map(({key, before, after}) =>
    element('tr', {}, element('td', {class: 'key'}, key), value(before, 'before'), value(after, 'after')),
  );
  return element(
    'table',
    {},
    element('caption', {}, `Changes of ${vm.label}`),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...lines),
  );
}

/** All that a search looks at, in one text. */
export function haystack(vm) {
  const changes = vm.changes.flatMap(({key, before, after}) => [key, before, after]);
  const findings = vm.findings.flatMap(({code, message}) => [code, message]);
  const error = vm.error === null ? [] : [vm.error.code, vm.error.message];
  const texts = [vm.id, vm.displayName, vm.containerId, vm.containerName, ...changes, ...findings, ...error];
  return texts
    .filter((text) => text !== null)
    .join('\n')
    .toLowerCase();
}

// What there is of interfaces.js: a line for each entry, its fields separated by tabs: name, standard, tests, note,
// whether it is there, and for each member its name and its shape, which is empty if it is not there.
(() => {
  const at = (path) => path.split('.').reduce((object, name) => object?.[name], globalThis);
  const names = (text) => (text ?? '').split(' ').filter((name) => name !== '');

  // How a property is defined, in a few letters.
  const shape = (object, name) => {
    const key = name.startsWith('@') ? Symbol[name.slice(1)] : name;
    const found = object === undefined ? undefined : Object.getOwnPropertyDescriptor(object, key);
    if (found === undefined) return '';
    const flags = ['enumerable', 'configurable', 'writable']
      .map((flag) => (found[flag] ? flag[0] : '-'))
      .join('');
    const signature = (f) => (f === undefined ? 'none' : `${f.name}/${f.length}`);
    return 'value' in found
      ? `${flags} ${typeof found.value === 'function' ? signature(found.value) : typeof found.value}`
      : `${flags} get ${signature(found.get)} set ${signature(found.set)}`;
  };

  const line = (name, entry, there, members) =>
    [name, entry.standard, entry.tests, entry.note ?? '', there ? 'there' : '', ...members.flat()].join(
      '\t',
    );

  const describeInterface = ([name, entry]) => {
    const constructor = at(name);
    const there = typeof constructor === 'function';
    return line(name, entry, there, [
      ...names(entry.statics).map((member) => [member, shape(there ? constructor : undefined, member)]),
      ...names(entry.members).map((member) => [
        `.${member}`,
        shape(there ? constructor.prototype : undefined, member),
      ]),
    ]);
  };
  const describeGlobal = ([name, entry]) => {
    const value = at(name);
    return line(
      name,
      entry,
      entry.kind === 'object?' ? value === null : typeof value === entry.kind,
      [],
    );
  };
  return [
    ...Object.entries(interfaces).map(describeInterface),
    ...Object.entries(globals).map(describeGlobal),
  ].join('\n');
})();

// The transpiler: TypeScript in, JavaScript and a source map out. A module of its own image, called by evald with texts that nobody
// has looked at.

import ts from 'typescript';

// Whatever the source is called, it is TypeScript without JSX. The name shows nowhere.
const FILE = 'source.ts';

const OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  newLine: ts.NewLineKind.LineFeed,
  sourceMap: true,
  // One file at a time: nothing of any other is known, and nothing is looked up.
  isolatedModules: true,
  noLib: true,
  noResolve: true,
  types: [],
  suppressOutputPathCheck: true,
  allowNonTsExtensions: true,
};

const FOOTER = /\n?\/\/# sourceMappingURL=source\.js\.map\n?$/;

// A compiler host whose only file is `file`.
function hostOf(file, written) {
  return {
    getSourceFile: (name) => (name === FILE ? file : undefined),
    writeFile: (name, text) => {
      written[name.endsWith('.map') ? 'map' : 'code'] = text;
    },
    getDefaultLibFileName: () => 'lib.d.ts',
    useCaseSensitiveFileNames: () => true,
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => '',
    getNewLine: () => '\n',
    fileExists: (name) => name === FILE,
    readFile: () => '',
    directoryExists: () => true,
    getDirectories: () => [],
  };
}

// As ScriptException has it; the line ends where the next one begins.
function syntaxError(file, { start = 0, messageText, code }) {
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  const [begin, end = file.text.length] = file.getLineStarts().slice(line, line + 2);
  return {
    name: 'SyntaxError',
    message: `${ts.flattenDiagnosticMessageText(messageText, ' ')} (TS${code})`,
    line: line + 1,
    column: character + 1,
    sourceLine: file.text.slice(begin, end).replace(/[\r\n\u2028\u2029]+$/, '').slice(0, 256),
  };
}

function transpileOne(name, source) {
  const file = ts.createSourceFile(FILE, source, { languageVersion: OPTIONS.target });
  if (file.parseDiagnostics.length > 0) return { error: syntaxError(file, file.parseDiagnostics[0]) };
  const written = {};
  const program = ts.createProgram([FILE], OPTIONS, hostOf(file, written));
  const [refused] = program.getSyntacticDiagnostics(file);
  if (refused !== undefined) return { error: syntaxError(file, refused) };
  program.emit();
  const { mappings } = JSON.parse(written.map);
  return {
    code: written.code.replace(FOOTER, ''),
    map: JSON.stringify({ version: 3, sources: [name], sourcesContent: [source], names: [], mappings }),
    module: ts.isExternalModule(file),
  };
}

// `texts`: [{ name, source }]. A list in the same order, of { code, map, module }: the JavaScript, its source map as JSON, and
// whether it imports or exports anything; or, in the place of the first that is not TypeScript, { error } and no more.
export function transpile(texts) {
  const done = [];
  for (const { name, source } of texts) {
    let one;
    try {
      one = transpileOne(name, source);
    } catch (thrown) {
      // The compiler recurses as deeply as its input nests; whatever else it throws is a defect of its own.
      const deep = thrown instanceof RangeError;
      const message = deep ? 'the TypeScript is nested too deeply' : `the TypeScript compiler failed: ${thrown?.message}`;
      one = { error: { name: deep ? 'RangeError' : 'Error', message, line: 0, column: 0, sourceLine: '' } };
    }
    done.push(one);
    if (one.error !== undefined) break;
  }
  return done;
}

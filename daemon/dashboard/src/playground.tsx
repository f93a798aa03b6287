// A place to run a script: POST /v1/eval with fields for what a request can say.
import { computed, signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { AdminError, postJson, request } from './admin';
import { announce } from './announce';
import { AnswerView } from './answer';
import type { Answer } from './answer';
import { curlCommand, FieldError, requestOf } from './eval_request';
import type { Fields } from './eval_request';
import type { EvalResponse } from './messages';
import { token } from './token';

interface Example {
  name: string;
  fields: Partial<Fields>;
}

const EXAMPLES: Example[] = [
  { name: 'A result', fields: { source: '[1, 2, 3].map(x => x * x)' } },
  {
    name: 'Console and globals',
    fields: {
      source:
        'console.log("greeting", user.name);\nconsole.warn("warned");\n({ hello: `Hello, ${user.name}`, at: new Date() })',
      globals: '{"user": {"name": "Ada"}}',
    },
  },
  {
    name: 'An exception',
    fields: { source: 'function price(item) {\n  return item.net * 1.2;\n}\n\nprice(undefined);' },
  },
  {
    name: 'A module',
    fields: {
      source:
        'const squares = await Promise.all([1, 2, 3].map(async x => x * x));\nexport default { squares };',
      kind: 'SOURCE_KIND_MODULE',
    },
  },
  { name: 'A time limit', fields: { source: 'for (;;);', wallMs: '100' } },
];

const NO_FIELDS: Fields = {
  source: '',
  kind: 'SOURCE_KIND_SCRIPT',
  isolation: 'ISOLATION_PRISTINE',
  tenant: '',
  wallMs: '',
  cpuMs: '',
  heapMib: '',
  globals: '',
};

const fields = signal<Fields>({ ...NO_FIELDS, ...EXAMPLES[0]!.fields });
const answer = signal<Answer | null>(null);
const fieldError = signal<FieldError | null>(null);
const running = signal<AbortController | null>(null);
// Where the exception was thrown, while the source is still what was run.
const thrownAt = signal(0);

function set(change: Partial<Fields>): void {
  fields.value = { ...fields.value, ...change };
  fieldError.value = null;
  if (change.source !== undefined) thrownAt.value = 0;
}

function take(response: EvalResponse): void {
  answer.value = { kind: 'response', response };
  const exception = response.exception;
  thrownAt.value = exception?.resource_name === 'eval.js' ? (exception.line ?? 0) : 0;
  announce(
    exception
      ? `The script threw: ${exception.name}: ${exception.message}`
      : 'The script has run; its result is there.',
  );
}

function refuse(error: unknown): void {
  if (error instanceof FieldError) {
    fieldError.value = error;
    document.getElementById(`field-${error.field}`)?.focus();
  } else if (error instanceof AdminError) {
    answer.value = { kind: 'failure', failure: error.failure, status: error.status };
    announce(`It failed: ${error.message}`);
  } else {
    answer.value = {
      kind: 'failure',
      failure: { message: 'Stopped. evald is told so by the connection\u2019s end.' },
      status: 0,
    };
  }
}

async function run(): Promise<void> {
  if (running.value) return;
  const controller = new AbortController();
  try {
    const body = requestOf(fields.value);
    running.value = controller;
    const response = await request('/v1/eval', postJson(body, { signal: controller.signal }));
    take((await response.json()) as EvalResponse);
  } catch (error) {
    refuse(error);
  } finally {
    running.value = null;
  }
}

const curl = computed(() => {
  try {
    return curlCommand(requestOf(fields.value), location.origin, token() !== null);
  } catch {
    return null;
  }
});

// The source, with its line numbers beside it. Tab leaves it, as it leaves every field.
function Editor() {
  const numbers = useRef<HTMLPreElement>(null);
  const lines = fields.value.source.split('\n').length;
  return (
    <div class="editor">
      <pre ref={numbers} class="numbers" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <span key={index} class={index + 1 === thrownAt.value ? 'thrown' : ''}>
            {index + 1}
          </span>
        ))}
      </pre>
      <textarea
        id="field-source"
        aria-label="Source"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        wrap="off"
        rows={12}
        value={fields.value.source}
        onInput={(event) => set({ source: event.currentTarget.value })}
        onScroll={(event) => {
          if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}

interface ChoiceProps<Name extends 'kind' | 'isolation'> {
  name: Name;
  legend: string;
  choices: [Fields[Name], string][];
}

function Choice<Name extends 'kind' | 'isolation'>({ name, legend, choices }: ChoiceProps<Name>) {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {choices.map(([value, label]) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            value={value}
            checked={fields.value[name] === value}
            onChange={() => set({ [name]: value } as Partial<Fields>)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface FieldProps {
  name: 'tenant' | 'wallMs' | 'cpuMs' | 'heapMib';
  label: string;
  placeholder: string;
  numeric?: boolean;
}

function Field({ name, label, placeholder, numeric }: FieldProps) {
  const wrong = fieldError.value?.field === name ? fieldError.value.message : '';
  return (
    <label class="field">
      <span>{label}</span>
      <input
        id={`field-${name}`}
        type="text"
        inputMode={numeric ? 'decimal' : 'text'}
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={fields.value[name]}
        aria-invalid={wrong !== ''}
        onInput={(event) => set({ [name]: event.currentTarget.value } as Partial<Fields>)}
      />
      {wrong && (
        <span class="problem" role="alert">
          {wrong}
        </span>
      )}
    </label>
  );
}

function Globals() {
  const wrong = fieldError.value?.field === 'globals' ? fieldError.value.message : '';
  return (
    <label class="field wide">
      <span>Globals, as a JSON object</span>
      <textarea
        id="field-globals"
        rows={2}
        spellcheck={false}
        autocomplete="off"
        placeholder={'{"user": {"name": "Ada"}}'}
        value={fields.value.globals}
        aria-invalid={wrong !== ''}
        onInput={(event) => set({ globals: event.currentTarget.value })}
      />
      {wrong && (
        <span class="problem" role="alert">
          {wrong}
        </span>
      )}
    </label>
  );
}

function Copy({ text, label }: { text: string; label: string }) {
  const copied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
    announce('Copied');
  };
  // Only a page from this machine or over TLS has a clipboard.
  if (!navigator.clipboard) return null;
  return (
    <button type="button" class="small" onClick={copy}>
      {copied.value ? 'Copied' : label}
    </button>
  );
}

function onKey(event: KeyboardEvent): void {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  void run();
}

export function Playground() {
  return (
    <div class="playground" onKeyDown={onKey}>
      <section class="card" aria-labelledby="request-title">
        <header>
          <h3 id="request-title">Request</h3>
          <select
            class="examples"
            aria-label="Examples"
            value=""
            onChange={(event) => {
              const example =
                event.currentTarget.value === '' ? undefined : EXAMPLES[Number(event.currentTarget.value)];
              event.currentTarget.value = '';
              if (example) set({ ...NO_FIELDS, ...example.fields });
            }}
          >
            <option value="">Examples</option>
            {EXAMPLES.map((example, index) => (
              <option key={example.name} value={index}>
                {example.name}
              </option>
            ))}
          </select>
        </header>
        <Editor />
        <div class="fields">
          <Choice
            name="kind"
            legend="Kind"
            choices={[
              ['SOURCE_KIND_SCRIPT', 'Script'],
              ['SOURCE_KIND_MODULE', 'Module'],
            ]}
          />
          <Choice
            name="isolation"
            legend="Isolate"
            choices={[
              ['ISOLATION_PRISTINE', 'Pristine'],
              ['ISOLATION_REUSED', 'Reused'],
            ]}
          />
          <Field name="tenant" label="Tenant" placeholder="none" />
          <Field name="wallMs" label="Wall time, ms" placeholder="default" numeric />
          <Field name="cpuMs" label="CPU time, ms" placeholder="default" numeric />
          <Field name="heapMib" label="Heap, MiB" placeholder="default" numeric />
          <Globals />
        </div>
        <div class="actions start">
          <button type="button" class="primary" aria-disabled={running.value !== null} onClick={run}>
            {running.value ? 'Running\u2026' : 'Run'}
          </button>
          {running.value && (
            <button type="button" onClick={() => running.value?.abort()}>
              Stop
            </button>
          )}
          <span class="note">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </span>
        </div>
      </section>
      <section class="card answer" aria-labelledby="answer-title">
        <header>
          <h3 id="answer-title">Answer</h3>
        </header>
        {answer.value ? (
          <AnswerView shown={answer.value} />
        ) : (
          <p class="nothing">Run the script to see what it comes to</p>
        )}
        {curl.value !== null && (
          <details class="curl">
            <summary>The same with curl</summary>
            <pre class="text" tabIndex={0}>
              {curl.value}
            </pre>
            <Copy text={curl.value} label="Copy the command" />
          </details>
        )}
      </section>
    </div>
  );
}

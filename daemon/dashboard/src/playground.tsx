// A place to run a script: POST /v1/eval with fields for what a request can say.
import { computed, signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { AdminError, postJson, request } from './admin';
import { announce } from './announce';
import { curlCommand, FieldError, requestOf } from './eval_request';
import type { Fields } from './eval_request';
import { bytes, duration, layOutJson } from './format';
import { integer } from './messages';
import type { ConsoleMessage, EvalResponse, Failure, ScriptException } from './messages';
import { StatsList, TimeBar } from './requests';
import { token } from './token';

// What is shown of a result or of the console; all of it would only make the page slow.
const SHOWN_CHARACTERS = 200_000;
const SHOWN_MESSAGES = 1000;

interface Example {
  name: string;
  fields: Partial<Fields>;
}

const EXAMPLES: Example[] = [
  { name: 'A result', fields: { source: '[1, 2, 3].map(x => x * x)' } },
  { name: 'Console and globals', fields: { source: 'console.log("greeting", user.name);\nconsole.warn("warned");\n({ hello: `Hello, ${user.name}`, at: new Date() })', globals: '{"user": {"name": "Ada"}}' } },
  { name: 'An exception', fields: { source: 'function price(item) {\n  return item.net * 1.2;\n}\n\nprice(undefined);' } },
  { name: 'A module', fields: { source: 'const squares = await Promise.all([1, 2, 3].map(async x => x * x));\nexport default { squares };', kind: 'SOURCE_KIND_MODULE' } },
  { name: 'A time limit', fields: { source: 'for (;;);', wallMs: '100' } },
];

const NO_FIELDS: Fields = { source: '', kind: 'SOURCE_KIND_SCRIPT', isolation: 'ISOLATION_PRISTINE', tenant: '', wallMs: '', cpuMs: '', heapMib: '', globals: '' };

type Answer =
  | { kind: 'response'; response: EvalResponse }
  | { kind: 'failure'; failure: Failure; status: number };

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
  thrownAt.value = exception?.resource_name === 'eval.js' ? exception.line ?? 0 : 0;
  announce(exception ? `The script threw: ${exception.name}: ${exception.message}` : 'The script has run; its result is there.');
}

function refuse(error: unknown): void {
  if (error instanceof FieldError) {
    fieldError.value = error;
    document.getElementById(`field-${error.field}`)?.focus();
  } else if (error instanceof AdminError) {
    answer.value = { kind: 'failure', failure: error.failure, status: error.status };
    announce(`It failed: ${error.message}`);
  } else {
    answer.value = { kind: 'failure', failure: { message: 'Stopped. evald is told so by the connection\u2019s end.' }, status: 0 };
  }
}

async function run(): Promise<void> {
  if (running.value) return;
  const controller = new AbortController();
  try {
    const body = requestOf(fields.value);
    running.value = controller;
    const response = await request('/v1/eval', postJson(body, { signal: controller.signal }));
    take(await response.json() as EvalResponse);
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
        {Array.from({ length: lines }, (_, index) => <span key={index} class={index + 1 === thrownAt.value ? 'thrown' : ''}>{index + 1}</span>)}
      </pre>
      <textarea id="field-source" aria-label="Source" spellcheck={false} autocomplete="off" autocapitalize="off" wrap="off" rows={12}
        value={fields.value.source} onInput={(event) => set({ source: event.currentTarget.value })}
        onScroll={(event) => { if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop; }} />
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
          <input type="radio" name={name} value={value} checked={fields.value[name] === value} onChange={() => set({ [name]: value } as Partial<Fields>)} />
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
      <input id={`field-${name}`} type="text" inputMode={numeric ? 'decimal' : 'text'} autocomplete="off" spellcheck={false} placeholder={placeholder}
        value={fields.value[name]} aria-invalid={wrong !== ''} onInput={(event) => set({ [name]: event.currentTarget.value } as Partial<Fields>)} />
      {wrong && <span class="problem" role="alert">{wrong}</span>}
    </label>
  );
}

function Globals() {
  const wrong = fieldError.value?.field === 'globals' ? fieldError.value.message : '';
  return (
    <label class="field wide">
      <span>Globals, as a JSON object</span>
      <textarea id="field-globals" rows={2} spellcheck={false} autocomplete="off" placeholder={'{"user": {"name": "Ada"}}'}
        value={fields.value.globals} aria-invalid={wrong !== ''} onInput={(event) => set({ globals: event.currentTarget.value })} />
      {wrong && <span class="problem" role="alert">{wrong}</span>}
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
  return <button type="button" class="small" onClick={copy}>{copied.value ? 'Copied' : label}</button>;
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="part-of-answer">
      <h4>{title}</h4>
      {children}
    </div>
  );
}

function resultText({ value }: EvalResponse): string {
  if (value?.json !== undefined) return layOutJson(value.json.slice(0, SHOWN_CHARACTERS));
  if (value?.bytes !== undefined) return `${value.bytes.slice(0, SHOWN_CHARACTERS)}\n(bytes, in base64)`;
  if (value?.structured !== undefined) return JSON.stringify(value.structured, null, 2).slice(0, SHOWN_CHARACTERS);
  return 'undefined';
}

function Result({ response }: { response: EvalResponse }) {
  const length = (response.value?.json ?? response.value?.bytes ?? '').length;
  return (
    <Part title="Result">
      <pre class="text result" tabIndex={0}>{resultText(response)}</pre>
      {length > SHOWN_CHARACTERS && <p class="note">The first {bytes(SHOWN_CHARACTERS)} of {bytes(length)}</p>}
    </Part>
  );
}

function Exception({ exception }: { exception: ScriptException }) {
  const line = exception.line ?? 0;
  const place = line > 0 ? `${exception.resource_name}:${line}:${exception.column ?? 0}` : exception.resource_name;
  return (
    <Part title="Exception">
      <div class="exception">
        <p class="what"><b>{exception.name}</b>: {exception.message}</p>
        {place && <p class="note">at {place}</p>}
        {exception.source_line && <pre class="text">{exception.source_line}{'\n'}{' '.repeat(Math.max(0, (exception.column ?? 1) - 1))}^</pre>}
        {exception.stack && <pre class="text stack" tabIndex={0}>{exception.stack}</pre>}
      </div>
    </Part>
  );
}

function Console({ messages, truncated }: { messages: ConsoleMessage[]; truncated: boolean }) {
  const shown = messages.slice(0, SHOWN_MESSAGES);
  return (
    <Part title="Console">
      <ol class="console">
        {shown.map((message, index) => {
          const level = (message.level ?? 'LEVEL_LOG').slice('LEVEL_'.length).toLowerCase();
          return <li key={index} class={level}><span class="level">{level}</span><pre>{message.text ?? ''}</pre></li>;
        })}
      </ol>
      {(truncated || shown.length < messages.length) && <p class="note">There was more.</p>}
    </Part>
  );
}

function limitText(failure: Failure): string {
  const limit = integer(failure.limit);
  if (limit === 0) return '';
  const text = failure.reason?.endsWith('TIME_LIMIT') ? (value: number) => duration(value / 1e9) : failure.reason === 'RESULT_DEPTH_LIMIT' ? String : bytes;
  const reached = integer(failure.reached);
  return `Limit ${text(limit)}${reached > 0 ? `, reached ${text(reached)}` : ''}`;
}

function Failed({ failure, status }: { failure: Failure; status: number }) {
  return (
    <Part title={failure.reason ? `Failed: ${failure.reason}` : 'Failed'}>
      <div class="exception">
        <p class="what">{failure.message || `HTTP ${status}`}</p>
        {limitText(failure) && <p class="note">{limitText(failure)}</p>}
        {failure.stack && <pre class="text stack" tabIndex={0}>{failure.stack}</pre>}
      </div>
    </Part>
  );
}

function AnswerView({ shown }: { shown: Answer }) {
  if (shown.kind === 'failure') return <Failed failure={shown.failure} status={shown.status} />;
  const { response } = shown;
  const messages = response.console ?? [];
  return (
    <>
      {response.exception ? <Exception exception={response.exception} /> : <Result response={response} />}
      {messages.length > 0 && <Console messages={messages} truncated={response.console_truncated === true} />}
      {response.stats && (
        <Part title="What it cost">
          <TimeBar stats={response.stats} endToEnd={0} />
          <StatsList stats={response.stats} />
        </Part>
      )}
    </>
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
          <label class="examples">
            <span class="unseen">Example</span>
            <select value="" onChange={(event) => {
              const example = EXAMPLES[Number(event.currentTarget.value)];
              event.currentTarget.value = '';
              if (example) set({ ...NO_FIELDS, ...example.fields });
            }}>
              <option value="">Examples</option>
              {EXAMPLES.map((example, index) => <option key={example.name} value={index}>{example.name}</option>)}
            </select>
          </label>
        </header>
        <Editor />
        <div class="fields">
          <Choice name="kind" legend="Kind" choices={[['SOURCE_KIND_SCRIPT', 'Script'], ['SOURCE_KIND_MODULE', 'Module']]} />
          <Choice name="isolation" legend="Isolate" choices={[['ISOLATION_PRISTINE', 'Pristine'], ['ISOLATION_REUSED', 'Reused']]} />
          <Field name="tenant" label="Tenant" placeholder="none" />
          <Field name="wallMs" label="Wall time, ms" placeholder="default" numeric />
          <Field name="cpuMs" label="CPU time, ms" placeholder="default" numeric />
          <Field name="heapMib" label="Heap, MiB" placeholder="default" numeric />
          <Globals />
        </div>
        <div class="actions start">
          <button type="button" class="primary" disabled={running.value !== null} onClick={run}>{running.value ? 'Running\u2026' : 'Run'}</button>
          {running.value && <button type="button" onClick={() => running.value?.abort()}>Stop</button>}
          <span class="note"><kbd>Ctrl</kbd> <kbd>Enter</kbd></span>
        </div>
      </section>
      <section class="card answer" aria-labelledby="answer-title">
        <header><h3 id="answer-title">Answer</h3></header>
        {answer.value ? <AnswerView shown={answer.value} /> : <p class="nothing">Run the script to see what it comes to</p>}
        {curl.value !== null && (
          <details class="curl">
            <summary>The same with curl</summary>
            <pre class="text" tabIndex={0}>{curl.value}</pre>
            <Copy text={curl.value} label="Copy the command" />
          </details>
        )}
      </section>
    </div>
  );
}

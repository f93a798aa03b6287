// What a script came to: its result or its exception, what it wrote to the console, what it cost.
import type { ComponentChildren } from 'preact';
import { bytes, duration, layOutJson } from './format';
import { integer } from './messages';
import type { ConsoleMessage, EvalResponse, Failure, ScriptException } from './messages';
import { StatsList, TimeBar } from './requests';

// What is shown of a result or of the console; all of it would only make the page slow.
const SHOWN_CHARACTERS = 200_000;
const SHOWN_MESSAGES = 1000;

export type Answer =
  { kind: 'response'; response: EvalResponse } | { kind: 'failure'; failure: Failure; status: number };

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
  if (value?.structured !== undefined)
    return JSON.stringify(value.structured, null, 2).slice(0, SHOWN_CHARACTERS);
  return 'undefined';
}

function Result({ response }: { response: EvalResponse }) {
  const length = (response.value?.json ?? response.value?.bytes ?? '').length;
  return (
    <Part title="Result">
      <pre class="text result" tabIndex={0}>
        {resultText(response)}
      </pre>
      {length > SHOWN_CHARACTERS && (
        <p class="note">
          The first {bytes(SHOWN_CHARACTERS)} of {bytes(length)}
        </p>
      )}
    </Part>
  );
}

function Exception({ exception }: { exception: ScriptException }) {
  const line = exception.line ?? 0;
  const place =
    line > 0 ? `${exception.resource_name}:${line}:${exception.column ?? 0}` : exception.resource_name;
  return (
    <Part title="Exception">
      <div class="exception">
        <p class="what">
          <b>{exception.name}</b>: {exception.message}
        </p>
        {place && <p class="note">at {place}</p>}
        {exception.source_line && (
          <pre class="text">
            {exception.source_line}
            {'\n'}
            {' '.repeat(Math.max(0, (exception.column ?? 1) - 1))}^
          </pre>
        )}
        {exception.stack && (
          <pre class="text stack" tabIndex={0}>
            {exception.stack}
          </pre>
        )}
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
          return (
            <li key={index} class={level}>
              <span class="level">{level}</span>
              <pre>{message.text ?? ''}</pre>
            </li>
          );
        })}
      </ol>
      {(truncated || shown.length < messages.length) && <p class="note">There was more.</p>}
    </Part>
  );
}

function limitText(failure: Failure): string {
  const limit = integer(failure.limit);
  if (limit === 0) return '';
  const text = failure.reason?.endsWith('TIME_LIMIT')
    ? (value: number) => duration(value / 1e9)
    : failure.reason === 'RESULT_DEPTH_LIMIT'
      ? String
      : bytes;
  const reached = integer(failure.reached);
  return `Limit ${text(limit)}${reached > 0 ? `, reached ${text(reached)}` : ''}`;
}

function Failed({ failure, status }: { failure: Failure; status: number }) {
  return (
    <Part title={failure.reason ? `Failed: ${failure.reason}` : 'Failed'}>
      <div class="exception">
        <p class="what">{failure.message || `HTTP ${status}`}</p>
        {limitText(failure) && <p class="note">{limitText(failure)}</p>}
        {failure.stack && (
          <pre class="text stack" tabIndex={0}>
            {failure.stack}
          </pre>
        )}
      </div>
    </Part>
  );
}

export function AnswerView({ shown }: { shown: Answer }) {
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

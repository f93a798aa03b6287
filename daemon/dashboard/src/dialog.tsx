// Modal dialogs: the token, and questions before something is done.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { tokenQuestion } from './token';
import type { TokenQuestion } from './token';

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose(): void;
}

// The browser keeps the focus inside. When it goes, the focus is where it was before.
function Dialog({ title, children, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

interface Confirmation {
  title: string;
  text: string;
  action: string;
  answer(yes: boolean): void;
}

const confirmation = signal<Confirmation | null>(null);

export function confirm(title: string, text: string, action: string): Promise<boolean> {
  return new Promise((resolve) => {
    confirmation.value = {
      title,
      text,
      action,
      answer(yes) {
        confirmation.value = null;
        resolve(yes);
      },
    };
  });
}

function ConfirmDialog({ asked }: { asked: Confirmation }) {
  return (
    <Dialog title={asked.title} onClose={() => asked.answer(false)}>
      <p>{asked.text}</p>
      <div class="actions">
        <button type="button" onClick={() => asked.answer(false)}>
          Cancel
        </button>
        <button type="button" class="primary" onClick={() => asked.answer(true)}>
          {asked.action}
        </button>
      </div>
    </Dialog>
  );
}

function TokenDialog({ asked }: { asked: TokenQuestion }) {
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: Event) => {
    // Nothing is sent as a form: the policy of this page forbids it.
    event.preventDefault();
    const given = input.current?.value.trim() ?? '';
    if (given !== '') asked.answer(given);
  };
  return (
    <Dialog title="Admin token" onClose={() => asked.answer(null)}>
      <form onSubmit={submit}>
        <p>This is only for those who know evald's admin token. This tab keeps it until it is closed.</p>
        <p class="note">{asked.hint}</p>
        {asked.refused && (
          <p class="problem" role="alert">
            evald did not accept the last token.
          </p>
        )}
        <label class="field">
          <span>Token</span>
          <input ref={input} type="password" autocomplete="off" spellcheck={false} required autofocus />
        </label>
        <div class="actions">
          <button type="button" onClick={() => asked.answer(null)}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function Dialogs() {
  return (
    <>
      {tokenQuestion.value && <TokenDialog key={tokenQuestion.value} asked={tokenQuestion.value} />}
      {confirmation.value && <ConfirmDialog asked={confirmation.value} />}
    </>
  );
}

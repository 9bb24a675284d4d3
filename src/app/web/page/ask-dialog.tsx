import { useEffect, useRef, useState } from 'preact/hooks';
import type { FeedEvent } from '../../../core/control/feed-event.ts';
import { Story } from './story.tsx';
import { type Asked, useView } from './view.ts';

/** One question at a time: a confirmation, an address to open a door for, or a source's story. */
type AskDialogProps = {
  readonly asked: Asked | undefined;
  readonly events: readonly FeedEvent[];
  readonly onClose: () => void;
};

export function AskDialog({ asked, events, onClose }: AskDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const box = dialog.current;
    if (asked === undefined) box?.close();
    else if (box?.open === false) box.showModal();
  }, [asked]);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="asked">
      {asked === undefined ? null : <Question asked={asked} events={events} onClose={onClose} />}
    </dialog>
  );
}

function Question({ asked, events, onClose }: AskDialogProps & { readonly asked: Asked }) {
  const { say } = useView();
  switch (asked.kind) {
    case 'story': {
      const { source } = asked;
      const latest = events.find((event) => event.source === source)?.cursor;
      return <Story source={source} latest={latest} onClose={onClose} />;
    }
    case 'open':
      return <OpenForm door={asked.door} minutes={asked.minutes} onClose={onClose} />;
    default:
      return (
        <>
          <h2 id="asked">{asked.question}</h2>
          <p class="buttons">
            <button type="button" onClick={onClose}>
              {say('cancel')}
            </button>
            <button
              type="button"
              class="danger strong"
              onClick={() => {
                asked.run();
                onClose();
              }}
            >
              {asked.button}
            </button>
          </p>
        </>
      );
  }
}

type OpenFormProps = { readonly door: string; readonly minutes: number; readonly onClose: () => void };

function OpenForm({ door, minutes, onClose }: OpenFormProps) {
  const { say, order } = useView();
  const [address, setAddress] = useState('');
  const [length, setLength] = useState(minutes);
  const submit = (event: Event): void => {
    event.preventDefault();
    const ip = address.trim();
    order({ verb: 'open', door, ip, for: length * 60_000 }, say('openedDone', door, ip));
    onClose();
  };
  return (
    <form onSubmit={submit}>
      <h2 id="asked">{say('openTitle', door)}</h2>
      <label>
        {say('address')}
        <input
          required
          autocomplete="off"
          spellcheck={false}
          value={address}
          onInput={({ currentTarget }) => setAddress(currentTarget.value)}
        />
      </label>
      <label>
        {say('minutes')}
        <input
          type="number"
          required
          min={1}
          max={10_080}
          value={length}
          onInput={({ currentTarget }) => setLength(currentTarget.valueAsNumber)}
        />
      </label>
      <p class="buttons">
        <button type="button" onClick={onClose}>
          {say('cancel')}
        </button>
        <button type="submit" class="strong">
          {say('openButton')}
        </button>
      </p>
    </form>
  );
}

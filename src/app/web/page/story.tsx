import { useEffect, useState } from 'preact/hooks';
import type { SourceStory, StoryEntry } from '../../../core/control/source-story.ts';
import { renderTime } from './format.ts';
import { Sentence } from './sentence.tsx';
import { ask } from './server.ts';
import { useView } from './view.ts';

type StoryProps = {
  readonly source: string;
  readonly latest: string | undefined;
  readonly onClose: () => void;
};

/**
 * The packets of a source and their result, as `bussa explain` shows them. `latest`: changes when the source has sent
 * something more.
 */
export function Story({ source, latest, onClose }: StoryProps) {
  const { say, sayOutcome, language } = useView();
  const [story, setStory] = useState<SourceStory>();
  const [failure, setFailure] = useState('');
  useEffect(() => {
    ask('explain', `?ip=${encodeURIComponent(source)}`).then(setStory, (error: Error) =>
      setFailure(error.message),
    );
  }, [source, latest]);
  return (
    <>
      <h2 id="asked">{say('story', source)}</h2>
      {failure === '' ? null : <p class="bad">{failure}</p>}
      {story === undefined ? null : (
        <div>
          <p>
            <span class="tag">{sayOutcome(story.why.kind)}</span>{' '}
            {story.why.door === undefined ? '' : `${story.why.door}: `}
            <Sentence said={story.why.said} text={story.why.sentence} />.
          </p>
          {story.present.map((sentence, index) => (
            <p key={sentence}>
              <Sentence said={story.presentSaid?.[index]} text={sentence} />.
            </p>
          ))}
          <ol class="log">
            {story.entries.map((entry, index) => (
              <li key={`${entry.at} ${index}`}>
                <span class="quiet mono">{renderTime(entry.at, language)}</span>{' '}
                <Sentence said={entry.said} text={entry.text} before={subjectOf(entry)} />
                {entry.said !== undefined && entry.count > 1 ? ` (${entry.count}×)` : ''}
              </li>
            ))}
          </ol>
        </div>
      )}
      <p class="buttons">
        <button type="button" onClick={onClose}>
          {say('done')}
        </button>
      </p>
    </>
  );
}

const subjectOf = ({ knock, door }: StoryEntry): string =>
  (knock === undefined ? '' : `${knock}  `) + (door === undefined ? '' : `${door}: `);

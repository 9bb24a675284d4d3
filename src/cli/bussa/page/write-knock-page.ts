import { printable } from '../../../core/event/printable.ts';
import type { PagePlan } from '../../../core/page/page-plan.ts';
import { type PageRequest, planPage } from '../../../core/page/plan-page.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Output } from '../../arguments/verb.ts';

/** Writes the page and describes it, or says why there is none. Returns the exit status. */
export async function writeKnockPage(file: string, wish: PageRequest, output: Output): Promise<number> {
  const planned = planPage(wish);
  if (planned.kind === 'refused') {
    output.error(`bussa: no page was written: ${printable(planned.reason)}`);
    return EXIT.config;
  }
  const { writePage } = await import('../../../app/page/write-page.ts');
  const failure = writePage(file, planned.plan);
  if (failure !== undefined) {
    output.error(`bussa: ${printable(failure.message)}`);
    return failure.kind === 'permission' ? EXIT.permission : EXIT.failed;
  }
  const { plan } = planned;
  const value = { page: file, host: plan.host, by: plan.knock.kind, link: plan.link };
  output.answer(value, pageLines(file, plan));
  return EXIT.ok;
}

/** How to use it. */
export function pageLines(file: string, { knock, link }: PagePlan): string[] {
  const what =
    knock.kind === 'code'
      ? knock.secret === undefined
        ? 'It asks for the code.'
        : 'It makes the code by itself: keep it as you keep the secret.'
      : 'It contains the knock: anybody who has the file can knock.';
  const then = link === undefined ? '' : ` Then it goes to ${link}.`;
  return [
    `Written: ${printable(file)}, readable only by you. ${what}${printable(then)}`,
    'Open it in a browser, or copy it to a phone. An iPhone runs it only from a web site of https, not from Files.',
  ];
}

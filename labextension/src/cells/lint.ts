/** Underlines the problems of a cell as the user types, with message and fix on hover. */

import { forEachDiagnostic, linter, nextDiagnostic } from '@codemirror/lint';
import type { Action, Diagnostic } from '@codemirror/lint';
import { StateEffect } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { ViewPlugin, keymap, tooltips } from '@codemirror/view';
import type { EditorView, ViewUpdate } from '@codemirror/view';
import type { CodeEditor } from '@jupyterlab/codeeditor';

import { make, withCode } from '../common/dom';
import type { Problem } from '../kernel/protocol';
import type { Checker } from './checker';
import { changeOf } from './edits';
import { placeOf } from './places';

const DELAY = 300;
const again = StateEffect.define<null>();

export function lint(checker: Checker, model: CodeEditor.IModel): Extension {
  const source = async (view: EditorView): Promise<Diagnostic[]> => {
    const text = view.state.doc.toString();
    const problems = await checker.problems(model, text);
    const keys = checker.schemaOf(model)?.keys;
    return problems.map(problem => {
      const actions = actionsOf(text, problem);
      return {
        ...placeOf(text, problem, key => keys?.has(key) ?? true),
        severity: problem.line === null ? 'warning' : 'error',
        message: [problem.message, problem.fix].filter(Boolean).join('\n'),
        renderMessage: () => messageNode(problem.message, actions.length ? null : problem.fix),
        actions
      };
    });
  };
  const needsRefresh = (update: ViewUpdate): boolean =>
    update.transactions.some(one => one.effects.some(effect => effect.is(again)));
  return [
    linter(source, { delay: DELAY, needsRefresh }),
    keymap.of([
      { key: 'F8', run: nextDiagnostic }, // moves to the next problem and shows its message
      { key: 'Mod-.', run: applyFix }
    ]),
    tooltips({ parent: document.body }), // otherwise clipped at the edge of the cell
    ViewPlugin.define(view => {
      const refresh = (_: Checker, changed: CodeEditor.IModel | null): void => {
        if (changed === null || changed === model) {
          view.dispatch({ effects: again.of(null) });
        }
      };
      checker.changed.connect(refresh);
      return { destroy: () => void checker.changed.disconnect(refresh) };
    })
  ];
}

/** The fix as a button, if it is a change to the text. */
function actionsOf(text: string, problem: Problem): Action[] {
  const { fix } = problem;
  if (fix === null || changeOf(text, problem) === null) {
    return [];
  }
  const apply = (view: EditorView): void => {
    const change = changeOf(view.state.doc.toString(), problem);
    if (change) {
      const selection = { anchor: change.from + change.insert.length };
      view.dispatch({ changes: change, selection, userEvent: 'input.fix' });
      view.focus();
    }
  };
  return [{ name: fix.replaceAll('`', ''), apply }];
}

/** Apply the fix of the problem at the cursor, if it has one. */
function applyFix(view: EditorView): boolean {
  const { head } = view.state.selection.main;
  let fixed = false;
  forEachDiagnostic(view.state, ({ actions }, from, to) => {
    const action = from <= head && head <= to && !fixed ? actions?.[0] : undefined;
    if (action) {
      fixed = true;
      action.apply(view, from, to);
    }
  });
  return fixed;
}

function messageNode(message: string, fix: string | null): HTMLElement {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  const parts = [paragraph(sentence, 'jp-nbtrain-problem-message')];
  return make('div', { class: 'jp-nbtrain-problem' }, ...parts, ...(fix ? [paragraph(fix, 'jp-nbtrain-problem-fix')] : []));
}

function paragraph(text: string, name: string): HTMLElement {
  return make('div', { class: name }, ...withCode(text));
}

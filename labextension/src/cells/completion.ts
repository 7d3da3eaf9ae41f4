/** Completion with help in fine-tune cells, also while the kernel trains. */

import { CompletionProviderManager, CompletionTriggerKind } from '@jupyterlab/completer';
import type {
  CompletionHandler,
  ICompletionContext,
  ICompletionProvider,
  ICompletionProviderManager
} from '@jupyterlab/completer';
import type { SourceChange } from '@jupyter/ydoc';
import { Text } from '@jupyterlab/coreutils';
import type { Kernel } from '@jupyterlab/services';

import { isFinetune } from '../common/magic';
import type { Notebooks } from './notebooks';
import type { CellSchema } from './schema';
import type { Schemas } from './schemas';
import { suggest } from './suggest';
import type { Suggestion } from './suggest';

type Item = CompletionHandler.ICompletionItem;
type Reply = CompletionHandler.ICompletionItemsReply;

/** Milliseconds to wait for the variables of an idle kernel; JupyterLab itself waits a second. */
const TIMEOUT = 800;
/** One character of a key, an option or a string; the editor closes quotation marks by itself. */
const TYPED = /^([\w$-]|"|'|""|'')$/;

export class FinetuneCompletion implements ICompletionProvider {
  readonly identifier = 'CompletionProvider:nbtrain';
  readonly rank = 1000;

  /**
   * @param _manager The manager that this provider is registered with.
   * @param _showsHelp Whether the user has enabled help next to completions in all cells.
   */
  constructor(
    private readonly _notebooks: Notebooks,
    private readonly _schemas: Schemas,
    private readonly _manager: ICompletionProviderManager,
    private readonly _showsHelp: () => boolean
  ) {}

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    const applies = this._schemaFor(context) !== null;
    if (this._manager instanceof CompletionProviderManager) {
      this._disableOthers(this._manager);
      this._manager.setShowDocumentationPanel(applies || this._showsHelp());
    }
    return applies;
  }

  /** Called on each change, if JupyterLab's setting has completions come up while one types. */
  shouldShowContinuousHint(isVisible: boolean, { sourceChange }: SourceChange, context?: ICompletionContext): boolean {
    const typed = sourceChange?.map(({ insert }) => insert ?? '').join('') ?? '';
    const isTyped = TYPED.test(typed) && !sourceChange?.some(one => one.delete);
    const schema = !isVisible && isTyped && context ? this._schemaFor(context) : null;
    const editor = context?.editor;
    if (!schema || !editor) {
      return false;
    }
    const offset = editor.getOffsetAt(editor.getCursorPosition());
    return suggest(editor.model.sharedModel.getSource(), offset, schema, true) !== null;
  }

  async fetch(
    request: CompletionHandler.IRequest,
    context: ICompletionContext,
    trigger?: CompletionTriggerKind
  ): Promise<Reply> {
    const { text } = request;
    const offset = Text.charIndexToJsIndex(request.offset, text);
    const schema = this._schemaFor(context);
    const isTyping = trigger === CompletionTriggerKind.TriggerCharacter;
    const found = schema && suggest(text, offset, schema, isTyping);
    if (!found) {
      return { start: request.offset, end: request.offset, items: [] };
    }
    const items = found.items.map(item);
    const kernel = context.session?.kernel;
    if (found.variables && kernel?.status === 'idle') {
      items.push(...(await variables(kernel, request)));
    }
    return {
      start: Text.jsIndexToCharIndex(found.from, text),
      end: Text.jsIndexToCharIndex(found.to, text),
      items
    };
  }

  private _schemaFor({ editor }: ICompletionContext): CellSchema | null {
    if (!editor || !isFinetune(editor.model.sharedModel.getSource())) {
      return null;
    }
    return this._schemas.of(this._notebooks.linkOf(editor.model));
  }

  /**
   * Disable all other providers in fine-tune cells: they complete Python, keys would be listed
   * twice, and all would wait until a kernel that trains has timed out.
   */
  private _disableOthers(manager: CompletionProviderManager): void {
    for (const provider of manager.getProviders().values()) {
      if (provider !== this && !this._disabled.has(provider)) {
        this._disabled.add(provider);
        const isApplicable = provider.isApplicable.bind(provider);
        provider.isApplicable = async context =>
          this._schemaFor(context) === null && (await isApplicable(context));
      }
    }
  }

  private readonly _disabled = new WeakSet<ICompletionProvider>();
}

function item({ label, insert, kind, help }: Suggestion): Item {
  return { label, insertText: insert, type: kind, documentation: help };
}

/** The notebook's variables that are allowed here, from the kernel. */
async function variables(
  kernel: Kernel.IKernelConnection,
  request: CompletionHandler.IRequest
): Promise<Item[]> {
  const asked = kernel.requestComplete({ code: request.text, cursor_pos: request.offset });
  const late = new Promise<null>(resolve => setTimeout(() => resolve(null), TIMEOUT));
  const reply = await Promise.race([asked, late]).catch(() => null);
  if (reply?.content.status !== 'ok') {
    return [];
  }
  return reply.content.matches
    .filter(match => match.startsWith('"$'))
    .map(match => ({ label: match, insertText: match, type: 'variable' }));
}

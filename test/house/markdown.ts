export interface CodeBlock {
  /** What stands behind the opening fence: the language and a word on what to do with the block. */
  readonly info: string;
  readonly code: string;
  readonly line: number;
}

/** Fenced code blocks, in order. */
export function codeBlocks(text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { info: string; fence: string; line: number; code: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [, fence = '', info = ''] = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(line) ?? [];
    if (!open && fence) open = { info: info.trim(), fence, line: index + 1, code: [] };
    else if (open && fence === open.fence && info === '') {
      blocks.push({ info: open.info, code: open.code.join('\n'), line: open.line });
      open = undefined;
    } else open?.code.push(line);
  }
  return blocks;
}

/** Targets of links and images outside code, without their titles. */
export function links(text: string): string[] {
  const prose = withoutCode(text);
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(([, target]) => target ?? '');
  const defined = [...prose.matchAll(/^\s*\[[^\]]+\]:\s*(\S+)/gm)].map(([, target]) => target ?? '');
  return [...inline, ...defined];
}

/** Headings with their level, in order. */
export function headings(text: string): { level: number; title: string }[] {
  const found = withoutCode(text).matchAll(/^(#{1,6})\s+(.+?)\s*$/gm);
  return [...found].map(([, marks = '', title = '']) => ({ level: marks.length, title }));
}

/** The anchor that a heading gets on code hosts. */
export function anchorOf(title: string): string {
  const letters = title.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '');
  return letters.replaceAll(/\s/g, '-');
}

function withoutCode(text: string): string {
  return text.replaceAll(/^\s*(`{3,}|~{3,})[\s\S]*?^\s*\1\s*$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

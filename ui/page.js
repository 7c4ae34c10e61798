// What the page needs beyond Gradio: marks that show what is open, scrolling, input methods, dropping files.
(() => {
  'use strict';
  const narrow = matchMedia('(max-width: 900px)');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const by = (id) => document.getElementById(id);
  const scroll = (element) => element?.scrollIntoView({behavior: calm.matches ? 'auto' : 'smooth', block: 'start'});

  // Enter that picks a word in a Chinese input method must not send the question: Gradio does not look at isComposing.
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
  }, true);

  // Which of the right panels is seen is an attribute of their column; `page.css` does the rest.
  const select = (tab) => by('yj-right')?.setAttribute('data-tab', tab);

  document.addEventListener('click', (event) => {
    const tab = event.target.closest('button[data-tab]');
    if (tab) select(tab.dataset.tab);
    if (event.target.closest('button[data-turn], button[data-event]')) select('evidence');
    markTab();
    if (event.target.closest('button[data-back]')) {
      const {turn, n, rank, place} = document.querySelector('.yj-evidence').dataset;
      if (place) {
        select('timeline');
        const telling = Array.from(document.querySelectorAll('[data-event]')).find((b) => b.dataset.event === place);
        telling?.scrollIntoView({block: 'center'});
        telling?.focus({preventScroll: true});
        return;
      }
      const mark = document.querySelector(
        `#yj-conversation [data-turn="${turn}"][${n ? `data-n="${n}"` : `data-rank="${rank}"`}]`);
      scroll(mark?.closest('.yj-turn'));
      mark?.focus({preventScroll: true});
    } else if (narrow.matches && event.target.closest('#yj-conversation button[data-turn]')) {
      leading = true;
      if (event.target.closest('button[aria-pressed="true"]')) lead();
    }
  });

  // A mark that is pointed at, has the focus or is touched shows its quotation; a second touch opens the evidence.
  const tip = Object.assign(document.createElement('div'), {className: 'yj-tip', id: 'yj-tip', hidden: true});
  tip.setAttribute('role', 'tooltip');
  let tipped = null;
  const hideTip = () => {
    tip.hidden = true;
    tipped?.removeAttribute('aria-describedby');
    tipped = null;
  };
  const showTip = (mark) => {
    if (mark === tipped) return;
    hideTip();
    tipped = mark;
    const part = (name, text) => Object.assign(document.createElement(name), {textContent: text});
    tip.replaceChildren(part('q', mark.dataset.quote), part('cite', mark.dataset.source), part('small', mark.dataset.where));
    if (!tip.isConnected) document.body.append(tip);
    tip.hidden = false;
    mark.setAttribute('aria-describedby', tip.id);
    const at = mark.getBoundingClientRect();
    const left = Math.min(Math.max(at.left + at.width / 2 - tip.offsetWidth / 2, 12), innerWidth - tip.offsetWidth - 12);
    const above = at.top - tip.offsetHeight - 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  };
  const markAt = (event) => (event.target instanceof Element ? event.target.closest('.yj-mark[data-quote]') : null);
  let touched = false;
  document.addEventListener('pointerdown', (event) => { touched = event.pointerType === 'touch'; }, true);
  document.addEventListener('pointerover', (event) => {
    if (event.pointerType === 'touch') return;
    const mark = markAt(event);
    if (mark) showTip(mark);
    else if (tipped && !tip.contains(event.target) && !tipped.matches(':focus-visible')) hideTip();
  });
  document.addEventListener('focusin', (event) => {
    const mark = markAt(event);
    if (mark?.matches(':focus-visible')) showTip(mark);
    else if (!touched) hideTip();
  });
  document.addEventListener('click', (event) => {
    const mark = markAt(event);
    if (touched && mark && mark !== tipped) {
      showTip(mark);
      event.stopImmediatePropagation();
    } else {
      hideTip();
    }
  }, true);
  addEventListener('scroll', hideTip, {capture: true, passive: true});

  // Arrow keys, where nothing is being written: to the answer's next citation, with Shift (or where there is only one)
  // to the section or page beside what is shown. In the row of tabs they go from tab to tab.
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hideTip();
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    const within = event.target instanceof Element ? event.target : document.body;
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    if (within.closest('input, textarea')?.value || within.closest('select, [contenteditable], [role="listbox"]')) return;
    if (within.closest('.yj-each, .yj-table') && !within.closest('button')) return;  // they scroll sideways
    const tablist = within.closest('[role="tablist"]');
    if (tablist) {
      const tabs = Array.from(tablist.querySelectorAll('[role="tab"]'));
      const next = tabs[(tabs.indexOf(within) + step + tabs.length) % tabs.length];
      next?.focus();
      next?.click();
      event.preventDefault();
      return;
    }
    if (by('yj-right')?.dataset.tab !== 'evidence') return;
    const citations = Array.from(document.querySelectorAll('.yj-tabs button'));
    const aside = event.shiftKey || citations.length < 2;
    const at = citations.findIndex((button) => button.getAttribute('aria-pressed') === 'true');
    const next = aside ? document.querySelector(`.yj-steps button[data-step="${step}"]`) : citations[at + step];
    if (!next) return;
    event.preventDefault();
    next.click();
  });

  // A page whose file has changed or gone has no picture any more: then the sheet says so.
  document.addEventListener('error', (event) => {
    if (event.target instanceof HTMLImageElement) event.target.closest('.yj-sheet')?.classList.add('yj-gone');
  }, true);
  document.addEventListener('load', (event) => {
    const sheet = event.target instanceof HTMLImageElement ? event.target.closest('.yj-sheet') : null;
    if (!sheet) return;
    sheet.classList.add('yj-drawn');
    const first = document.querySelector('.yj-sheet i');
    if (sheet.contains(first)) reveal(first);
  }, true);

  // A page enlarged to be read, the quoted words in its middle.
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-zoom]');
    if (!button) return;
    const large = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(large));
    for (const sheet of document.querySelectorAll('.yj-sheet')) sheet.classList.toggle('yj-large', large);
    (document.querySelector('.yj-sheet i') ?? document.querySelector('.yj-sheet'))
      ?.scrollIntoView({block: 'center', inline: 'center'});
  });

  // Copying needs a secure context, which a page on this machine is; elsewhere the old way has to do.
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = Object.assign(document.createElement('textarea'), {value: text});
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  };
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('button[data-copy]');
    if (!button || button.dataset.label) return;
    await copy(button.dataset.copy);
    button.dataset.label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = button.dataset.label;
      delete button.dataset.label;
    }, 1500);
  });

  // A completed question that is to be changed stands in the question box, and that is where the caret goes.
  document.addEventListener('click', (event) => {
    if (event.target.closest('button[data-edit]')) by('yj-question')?.querySelector('textarea')?.focus();
  });

  const setAttribute = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  let warned = false;
  const markTab = () => {
    const column = by('yj-right');
    if (!column) return;
    // Where there is no index yet, the button that makes one comes first.
    if (!warned && document.querySelector('.yj-notice')) select('library');
    warned = warned || document.querySelector('.yj-entry, .yj-notice') !== null;
    if (!column.dataset.tab) select('evidence');
    for (const tab of document.querySelectorAll('button[data-tab]')) {
      if (tab.getAttribute('role') !== 'tab') continue;
      const current = tab.dataset.tab === column.dataset.tab;
      setAttribute(tab, 'aria-selected', String(current));
      setAttribute(tab, 'tabindex', current ? '0' : '-1');
    }
  };

  // On a narrow page the evidence stands below the conversation: there the reader is led to the quotation, and to the
  // head of the card too where both are seen at once.
  let leading = false;
  const lead = () => {
    leading = false;
    const column = by('yj-right');
    const quoted = document.querySelector('#yj-evidence mark, .yj-drawn i');
    const below = quoted ? quoted.getBoundingClientRect().bottom - column.getBoundingClientRect().top : 0;
    if (below < innerHeight) return scroll(column);
    quoted.scrollIntoView({behavior: calm.matches ? 'auto' : 'smooth', block: 'center'});
  };

  // The buttons of what the evidence panel shows are marked as current.
  let shown = '';
  const markCurrent = () => {
    const evidence = document.querySelector('.yj-evidence');
    const {turn, n, rank, at, place} = evidence?.dataset ?? {};
    for (const button of document.querySelectorAll('button[data-turn]')) {
      const {turn: ofTurn, n: ofN, rank: ofRank} = button.dataset;
      setAttribute(button, 'aria-pressed', String(ofTurn === turn && ofN === n && ofRank === rank));
    }
    const key = `${turn} ${n} ${rank} ${at} ${place}`;
    if (!evidence || key === shown) return;
    shown = key;
    if (turn !== undefined) select('evidence');
    // On a wide page the panel scrolls by itself: from its top, unless the quotation would then be out of sight.
    const panel = by('yj-evidence-panel');
    if (leading) lead();
    if (!panel || narrow.matches) return;
    panel.scrollTop = 0;
    reveal(evidence.querySelector('mark, .yj-drawn i'));
  };
  const reveal = (quoted) => {
    const panel = by('yj-evidence-panel');
    if (!quoted || narrow.matches) return;
    const offset = quoted.getBoundingClientRect().bottom - panel.getBoundingClientRect().top;
    if (offset > panel.clientHeight) panel.scrollTop += offset - panel.clientHeight / 2;
  };

  // A report that opens is read from its heading; where it closes, the reader is back at the button that opened it.
  let reported;
  const followReport = () => {
    const report = document.querySelector('.yj-report');
    const paper = report?.dataset.paper;
    if (paper === reported) return;
    const button = Array.from(document.querySelectorAll('.yj-entry [data-report]')).find((b) => b.dataset.report === reported);
    reported = paper;
    if (!report) return button?.focus();
    by('yj-library-panel').scrollTop = 0;
    report.querySelector('h2').focus({preventScroll: true});
    if (narrow.matches) scroll(by('yj-right'));
  };

  let turns = 0;
  const followConversation = () => {
    const all = document.querySelectorAll('.yj-turn');
    if (all.length > turns) scroll(all[all.length - 1]);
    turns = all.length;
  };

  // What could be asked next is found out after the answer: by then the conversation may have gone on, or be another.
  const followRelated = () => {
    const related = document.querySelector('.yj-related');
    if (!related) return;
    const now = String(document.querySelectorAll('.yj-turn').length);
    related.hidden = related.dataset.after !== now || document.querySelector('.yj-working') !== null;
  };

  // The language that is chosen is kept for the next visit; until one is, the page follows the browser.
  let switched = false;
  document.addEventListener('click', (event) => { switched ||= Boolean(event.target.closest('#yj-switch')); });
  const followLanguage = () => {
    const language = document.querySelector('.yj-brand')?.dataset.lang;
    if (!language || language === document.documentElement.lang) return;
    document.documentElement.lang = language;
    // What is drawn when its tab is opened is drawn in the other language, too.
    const tab = by('yj-right')?.dataset.tab;
    if (['map', 'timeline', 'history'].includes(tab)) by(`yj-tab-${tab}`)?.click();
    if (switched) document.cookie = `yj_language=${language.slice(0, 2)}; path=/; max-age=31536000; samesite=strict`;
  };

  // Gradio puts new buttons in the place of the one that was pressed: the focus goes to the one that does the same.
  let pressed = null;
  document.addEventListener('click', (event) => {
    const button = event.target.closest('#yj-right button');
    const kind = button && ['step', 'view', 'aside', 'forget', 'remove'].find((name) => name in button.dataset);
    pressed = kind ? {kind, value: button.dataset[kind], panel: button.closest('[id$="-panel"]')} : null;
  });
  const followFocus = () => {
    if (!pressed || document.activeElement !== document.body) return;
    const {kind, value, panel} = pressed;
    pressed = null;
    const same = Array.from(panel.querySelectorAll(`button[data-${kind}]`));
    (same.find((button) => button.dataset[kind] === value) ?? same[0] ?? panel.querySelector('button'))
      ?.focus({preventScroll: true});
  };

  let waiting = false;
  const look = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (document.querySelector('.yj-greeting, .yj-turn')) document.querySelector('.yj-first')?.remove();
      markCurrent();
      markTab();
      followReport();
      followConversation();
      followRelated();
      followFocus();
      followLanguage();
    });
  };

  // Papers dropped anywhere on the page go the way of the upload button.
  const upload = () => by('yj-add')?.parentElement?.querySelector('input[type=file]');
  const carriesFiles = (event) => Array.from(event.dataTransfer?.types ?? []).includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.body.classList.add('yj-dropping');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) document.body.classList.remove('yj-dropping');
  });
  document.addEventListener('drop', (event) => {
    document.body.classList.remove('yj-dropping');
    const input = upload();
    if (!carriesFiles(event) || !input) return;
    event.preventDefault();
    select('library');
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change', {bubbles: true}));
  });

  addEventListener('DOMContentLoaded', () => {
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
    look();
  });
})();

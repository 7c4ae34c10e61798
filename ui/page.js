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

  // Which of the two right panels is seen is an attribute of their column; `page.css` does the rest.
  const select = (tab) => by('yj-right')?.setAttribute('data-tab', tab);

  document.addEventListener('click', (event) => {
    const tab = event.target.closest('button[data-tab]');
    if (tab) select(tab.dataset.tab);
    if (event.target.closest('button[data-turn]')) select('evidence');
    markTab();
    if (event.target.closest('button[data-back]')) {
      const {turn, n, rank} = document.querySelector('.yj-evidence').dataset;
      const mark = document.querySelector(
        `#yj-conversation [data-turn="${turn}"][${n ? `data-n="${n}"` : `data-rank="${rank}"`}]`);
      scroll(mark?.closest('.yj-turn'));
      mark?.focus({preventScroll: true});
    } else if (narrow.matches && event.target.closest('#yj-conversation button[data-turn]')) {
      scroll(by('yj-right'));
    }
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
      setAttribute(tab, 'aria-selected', String(tab.dataset.tab === column.dataset.tab));
    }
  };

  // The buttons of what the evidence panel shows are marked as current.
  let shown = '';
  const markCurrent = () => {
    const evidence = document.querySelector('.yj-evidence');
    const {turn, n, rank} = evidence?.dataset ?? {};
    for (const button of document.querySelectorAll('button[data-turn]')) {
      const {turn: ofTurn, n: ofN, rank: ofRank} = button.dataset;
      setAttribute(button, 'aria-pressed', String(ofTurn === turn && ofN === n && ofRank === rank));
    }
    const key = `${turn} ${n} ${rank}`;
    if (!evidence || key === shown) return;
    shown = key;
    if (turn !== undefined) select('evidence');
    // On a wide page the panel scrolls by itself: from its top, unless the quotation would then be out of sight.
    const quoted = evidence.querySelector('mark');
    const panel = by('yj-evidence-panel');
    if (!quoted || !panel || narrow.matches) return;
    panel.scrollTop = 0;
    const offset = quoted.getBoundingClientRect().bottom - panel.getBoundingClientRect().top;
    if (offset > panel.clientHeight) panel.scrollTop = offset - panel.clientHeight / 2;
  };

  // A report that opens is read from its heading; where it closes, the reader is back at the button that opened it.
  let reported;
  const followReport = () => {
    const report = document.querySelector('.yj-report');
    const paper = report?.dataset.paper;
    if (paper === reported) return;
    const button = Array.from(document.querySelectorAll('.yj-entry button')).find((b) => b.dataset.report === reported);
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

  const followLanguage = () => {
    const language = document.querySelector('.yj-brand')?.dataset.lang;
    if (language) setAttribute(document.documentElement, 'lang', language);
  };

  let waiting = false;
  const look = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      markCurrent();
      markTab();
      followReport();
      followConversation();
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

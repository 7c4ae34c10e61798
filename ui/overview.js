// The map of the papers and the timeline: what a point is, the way from point to point by key, and which papers show.
(() => {
  'use strict';
  const points = (plane) => [...plane.querySelectorAll('use[data-ask]:not(.yj-off)')];
  const active = (plane) => plane.querySelector('use[aria-selected="true"]:not(.yj-off)');
  const at = (point) => [parseFloat(point.getAttribute('x')), parseFloat(point.getAttribute('y'))];
  const line = (name, text) => Object.assign(document.createElement(name), {textContent: text});

  // Where points lie is told in per cent; distances count in pixels.
  const pixels = (plane, point) => {
    const {width, height} = plane.firstElementChild.getBoundingClientRect();
    const [x, y] = at(point);
    return [x * width / 100, y * height / 100];
  };

  const show = (plane, point, touched = false) => {
    const tip = plane.querySelector('.yj-point-tip');
    const name = plane.querySelectorAll('datalist option')[Number(point.dataset.shown)].value;
    const section = point.dataset.section;
    tip.replaceChildren(
      line('b', name), line('i', section), line('span', point.getAttribute('aria-label').slice(section.length + 1)),
      ...(touched ? [line('em', tip.dataset.again)] : []));
    tip.hidden = false;
    const [x, y] = pixels(plane, point);
    const {width, height} = plane.getBoundingClientRect();
    const left = Math.min(Math.max(x - tip.offsetWidth / 2, 8), width - tip.offsetWidth - 8);
    const below = y + 16 + tip.offsetHeight < height || y - 16 < tip.offsetHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? y + 16 : y - 16 - tip.offsetHeight}px`;
  };

  const hide = (plane) => {
    plane.querySelector('.yj-point-tip').hidden = true;
  };

  const select = (plane, point, touched = false) => {
    for (const other of plane.querySelectorAll('use[aria-selected="true"]')) other.setAttribute('aria-selected', 'false');
    const ring = plane.querySelector('.yj-ring');
    ring.classList.toggle('yj-on', point !== null);
    if (point === null) {
      plane.firstElementChild.removeAttribute('aria-activedescendant');
      hide(plane);
      return;
    }
    point.setAttribute('aria-selected', 'true');
    plane.firstElementChild.setAttribute('aria-activedescendant', point.id);
    ring.setAttribute('cx', point.getAttribute('x'));
    ring.setAttribute('cy', point.getAttribute('y'));
    show(plane, point, touched);
  };

  // The nearest in a direction: what lies aside counts double, and what lies more aside than ahead is another direction.
  const WAYS = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};
  const next = (plane, from, [dx, dy]) => {
    const [x, y] = pixels(plane, from);
    let best = null;
    let least = Infinity;
    for (const point of points(plane)) {
      const [px, py] = pixels(plane, point);
      const ahead = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      if (point !== from && ahead > 0 && aside <= ahead && ahead + 2 * aside < least) {
        best = point;
        least = ahead + 2 * aside;
      }
    }
    return best;
  };

  document.addEventListener('keydown', (event) => {
    const plane = event.target.closest?.('.yj-plane');
    if (!plane || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = points(plane);
    const now = active(plane);
    if (event.key === 'Escape') {
      if (plane.querySelector('.yj-point-tip').hidden) return;
      hide(plane);
    } else if (!all.length) {
      return;
    } else if (event.key in WAYS) {
      const found = now ? next(plane, now, WAYS[event.key]) : all[0];
      if (found) select(plane, found);
    } else if (event.key === 'Home' || event.key === 'End') {
      select(plane, all.at(event.key === 'Home' ? 0 : -1));
    } else if ((event.key === 'Enter' || event.key === ' ') && now) {
      now.dispatchEvent(new MouseEvent('click', {bubbles: true}));
    } else {
      return;
    }
    event.preventDefault();
  });

  document.addEventListener('focusin', (event) => {
    const plane = event.target.closest?.('.yj-plane');
    if (!plane || !event.target.matches(':focus-visible')) return;
    const point = active(plane) ?? points(plane)[0];
    if (point) select(plane, point);
  });
  document.addEventListener('focusout', (event) => {
    const plane = event.target.closest?.('.yj-plane');
    if (plane) hide(plane);
  });

  document.addEventListener('pointerover', (event) => {
    const point = event.target.closest?.('.yj-plane use[data-ask]');
    if (point && event.pointerType !== 'touch') show(point.closest('.yj-plane'), point);
  });
  document.addEventListener('pointerout', (event) => {
    const point = event.target.closest?.('.yj-plane use[data-ask]');
    if (point && event.pointerType !== 'touch') hide(point.closest('.yj-plane'));
  });

  // A finger cannot point without pressing: its first tap tells what a point is, the second asks.
  document.addEventListener('click', (event) => {
    const point = event.target.closest?.('.yj-plane use[data-ask]');
    if (!point || event.pointerType !== 'touch') return;
    const plane = point.closest('.yj-plane');
    if (active(plane) === point && !plane.querySelector('.yj-point-tip').hidden) return;
    event.stopImmediatePropagation();
    select(plane, point, true);
  }, true);

  // A paper that is not shown takes its points with it, its tellings, and the events and years that only it tells.
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('button[data-shows]');
    if (!button) return;
    button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
    const all = button.closest('.yj-map, .yj-time');
    const off = new Set([...all.querySelectorAll('button[data-shows][aria-pressed="false"]')].map((b) => b.dataset.shows));
    for (const one of all.querySelectorAll('[data-shown]')) one.classList.toggle('yj-off', off.has(one.dataset.shown));
    for (const [outer, inner] of [['.yj-event', '.yj-telling'], ['.yj-year', '.yj-event']]) {
      for (const one of all.querySelectorAll(outer)) {
        one.classList.toggle('yj-off', !one.querySelector(`${inner}:not(.yj-off)`));
      }
    }
    const none = all.querySelector('.yj-none');
    if (none) none.hidden = all.querySelector('.yj-year:not(.yj-off)') !== null;
    const plane = all.querySelector('.yj-plane');
    if (plane && !active(plane)) select(plane, null);
  });
})();

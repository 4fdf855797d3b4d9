// Draws the network map from the JSON that stands behind its table. Text only ever becomes textContent or a label on the
// canvas; icons come from our own sprite. Without this file the table says the same.
'use strict';
(() => {
  const frame = document.getElementById('map');
  if (!frame || !window.cytoscape) return;
  const canvas = document.getElementById('map-canvas');
  const card = document.getElementById('map-card');
  const says = document.getElementById('map-says');
  const words = {};
  document.getElementById('map-words').content.querySelectorAll('[data-word]').forEach((one) => { words[one.dataset.word] = one.textContent; });
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const make = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const plain = (html) => (/datetime="([^"]+)"[^>]*>([^<]*)</.exec(html) || [])[2] || html;
  let sprite = '';
  let graph;
  let layout = 'tree';

  const picture = (kind, colour) => {
    const wanted = kind === 'hosts' ? 'devices' : kind === 'network' ? 'network' : `kind-${kind}`;
    const start = sprite.indexOf(`<symbol id="${wanted}"`) < 0 ? sprite.indexOf('<symbol id="kind-other"') : sprite.indexOf(`<symbol id="${wanted}"`);
    const body = sprite.slice(sprite.indexOf('>', start) + 1, sprite.indexOf('</symbol>', start));
    return `data:image/svg+xml;utf8,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="${colour}" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${body}</svg>`)}`;
  };

  // Rows from the roots down; hosts that hang on one device stand in a block below it, so that a full switch stays narrow.
  const tree = () => {
    const parent = new Map();
    const order = [];
    const seen = new Set();
    const walk = (start) => {
      const queue = [start];
      seen.add(start.id());
      while (queue.length) {
        const node = queue.shift();
        order.push(node);
        node.neighborhood('node').sort((a, b) => b.degree(false) - a.degree(false) || a.data('name').localeCompare(b.data('name'))).forEach((next) => {
          if (seen.has(next.id())) return;
          seen.add(next.id());
          parent.set(next.id(), node.id());
          queue.push(next);
        });
      }
    };
    const tops = graph.nodes('[?root]').sort((a, b) => b.degree(false) - a.degree(false));
    tops.forEach((top) => { if (!seen.has(top.id())) walk(top); });
    graph.nodes().sort((a, b) => b.degree(false) - a.degree(false)).forEach((node) => { if (!seen.has(node.id())) walk(node); });
    const children = new Map(order.map((node) => [node.id(), []]));
    order.forEach((node) => { if (parent.has(node.id())) children.get(parent.get(node.id())).push(node.id()); });
    const CELL = 96;
    const ROW = 128;
    const place = {};
    // Returns the width that a node and all below it take, in cells.
    const measure = (id) => {
      const below = children.get(id);
      const leaves = below.filter((one) => !children.get(one).length);
      const inner = below.filter((one) => children.get(one).length);
      const columns = Math.min(leaves.length, Math.max(2, Math.ceil(Math.sqrt(leaves.length * 0.9))));
      return { id, leaves, columns, inner: inner.map(measure), get width() { return Math.max(1, this.columns + this.inner.reduce((sum, one) => sum + one.width, 0)); } };
    };
    const put = (shape, left, top) => {
      place[shape.id] = { x: (left + shape.width / 2) * CELL, y: top };
      let at = left;
      const middle = Math.ceil(shape.inner.length / 2);
      shape.inner.slice(0, middle).forEach((one) => { put(one, at, top + ROW); at += one.width; });
      shape.leaves.forEach((leaf, number) => {
        place[leaf] = { x: (at + (number % shape.columns) + 0.5) * CELL, y: top + ROW + Math.floor(number / shape.columns) * 92 };
      });
      at += shape.columns;
      shape.inner.slice(middle).forEach((one) => { put(one, at, top + ROW); at += one.width; });
    };
    // Separate parts of the network stand in rows, so that together they have about the shape of the canvas.
    const shapes = order.filter((node) => !parent.has(node.id())).map((top) => measure(top.id()));
    const height = (shape) => 1 + Math.max(0, ...shape.inner.map(height), shape.columns ? Math.ceil(shape.leaves.length / shape.columns) * 0.72 : 0);
    const area = shapes.reduce((sum, shape) => sum + (shape.width + 0.6) * CELL * (height(shape) + 0.3) * ROW, 0);
    const widest = Math.max(Math.sqrt(area * (canvas.clientWidth / Math.max(200, canvas.clientHeight))) / CELL, ...shapes.map((shape) => shape.width));
    let left = 0;
    let top = 0;
    let tall = 0;
    shapes.forEach((shape) => {
      if (left && left + shape.width > widest * 1.15) { top += (tall + 0.3) * ROW; left = 0; tall = 0; }
      put(shape, left, top);
      left += shape.width + 0.6;
      tall = Math.max(tall, height(shape));
    });
    return place;
  };

  const arrange = (which) => {
    layout = which;
    frame.querySelectorAll('[data-map="tree"], [data-map="web"]').forEach((one) => one.setAttribute('aria-pressed', String(one.dataset.map === which)));
    const still = { animate: false, fit: true, padding: 40 };
    if (which === 'web') graph.layout({ name: 'cose', ...still, nodeRepulsion: () => 60000, idealEdgeLength: () => 110, edgeElasticity: () => 80, gravity: 0.4, numIter: 1500, randomize: false, componentSpacing: 90 }).run();
    else graph.layout({ name: 'preset', ...still, positions: tree() }).run();
    if (graph.zoom() > 1.25) { graph.zoom(1.25); graph.center(); }
  };

  // A host's port stands under its name: on the many short lines of a switch it could not be read.
  const trunk = (edge) => edge.source().degree(false) > 1 && edge.target().degree(false) > 1;
  const caption = (node) => {
    const edge = node.degree(false) === 1 && node.connectedEdges()[0];
    const port = edge && !trunk(edge) && (edge.data(edge.source().same(node) ? 'target_port' : 'source_port') || (node.data('kind') !== 'network' && edge.data('says')));
    const state = node.data('tone') === 'good' ? '' : node.data('state'); // what is as usual needs no word
    return [node.data('name'), [port, state].filter(Boolean).join(' · ')].join('\n');
  };

  const looks = () => {
    const tones = { good: token('--good'), warn: token('--warn'), quiet: token('--field-line') };
    const lines = { confirmed: token('--good'), one_sided: token('--warn'), placed: token('--field-line'), declared: token('--accent-text') };
    const text = token('--text');
    const small = { color: token('--text-2'), 'font-size': 11, 'text-background-color': token('--surface'), 'text-background-opacity': 0.9, 'text-background-padding': 1, 'min-zoomed-font-size': 7 };
    return [
      { selector: 'node', style: {
        width: 42, height: 42, shape: 'round-rectangle', 'background-color': token('--surface'), 'border-width': 2,
        'border-color': (node) => tones[node.data('tone')] || tones.quiet, 'background-image': (node) => picture(node.data('kind'), text),
        'background-width': '58%', 'background-height': '58%', label: caption, color: text,
        'font-family': 'Inter, system-ui, sans-serif', 'font-size': 15, 'text-valign': 'bottom', 'text-margin-y': 5, 'text-wrap': 'wrap', 'text-max-width': 110, 'text-overflow-wrap': 'anywhere', 'line-height': 1.25, 'min-zoomed-font-size': 5, 'text-background-color': token('--surface'), 'text-background-opacity': 0.85, 'text-background-padding': 1,
      } },
      { selector: 'node[?root]', style: { width: 52, height: 52, 'border-width': 3 } },
      { selector: 'node[kind = "hosts"], node[kind = "network"]', style: { shape: 'ellipse', 'border-style': 'dashed' } },
      { selector: 'node:selected', style: { 'background-color': token('--accent-soft'), 'border-color': token('--accent'), 'border-width': 4 } },
      { selector: 'edge', style: {
        width: 2, 'curve-style': 'bezier', 'line-color': (edge) => lines[edge.data('sure')] || lines.placed, ...small,
        'source-label': (edge) => (trunk(edge) ? edge.data('source_port') : ''), 'target-label': (edge) => (trunk(edge) ? edge.data('target_port') : ''), 'source-text-offset': 46, 'target-text-offset': 46,
        label: (edge) => (trunk(edge) ? edge.data('speed') || edge.data('says') : ''),
      } },
      { selector: 'edge[sure = "one_sided"]', style: { 'line-style': 'dashed' } },
      { selector: 'edge[sure = "placed"]', style: { 'line-style': 'dotted', width: 1.5 } },
      { selector: 'edge:selected', style: { width: 4, 'line-color': token('--accent') } },
    ];
  };

  const link = (label, href, kind = '') => { const made = make('a', label, `btn btn-sm ${kind}`); made.href = href; return made; };
  const fact = (list, label, value) => { if (value) list.append(make('dt', label), make('dd', value)); };
  const ends = (edge) => [edge.source().data('name'), edge.data('source_port') && `(${edge.data('source_port')})`, '–', edge.target().data('name'), edge.data('target_port') && `(${edge.data('target_port')})`].filter(Boolean).join(' ');

  const show = (thing) => {
    const data = thing.data();
    const close = make('button', '×', 'btn btn-sm btn-ghost btn-icon map-close');
    close.type = 'button';
    close.setAttribute('aria-label', words.close);
    close.addEventListener('click', hide);
    const list = make('dl');
    const go = make('div', undefined, 'map-go');
    card.replaceChildren(close);
    if (thing.isNode()) {
      card.append(make('h2', data.name), make('p', [data.kind_word, data.tag].filter(Boolean).join(' · '), 'map-kind'), list);
      fact(list, words.state, data.state);
      fact(list, words.seen, plain(data.seen));
      if (data.cuts) fact(list, words.cuts, String(data.cuts));
      const rows = make('ul');
      thing.connectedEdges().slice(0, 12).forEach((edge) => {
        const here = edge.source().id() === thing.id();
        const other = here ? edge.target() : edge.source();
        const far = edge.data(here ? 'target_port' : 'source_port');
        rows.append(make('li', [edge.data(here ? 'source_port' : 'target_port'), [other.data('name'), far].filter(Boolean).join(' '), edge.data('sure_word')].filter(Boolean).join(' · ')));
      });
      card.append(rows, go);
      if (data.href) go.append(link(words.open, data.href, 'btn-primary'));
      if (data.focus) go.append(link(words.focus, data.focus));
      if (data.open) go.append(link(words.unfold, data.open, 'btn-primary'));
    } else {
      card.append(make('h2', ends(thing)), list);
      fact(list, words.speed, data.speed);
      fact(list, words.sure, data.sure_word || data.says);
      fact(list, words.seen, plain(data.seen));
    }
    card.hidden = false;
    document.querySelectorAll('[data-line]').forEach((row) => row.classList.toggle('is-picked', row.dataset.line === data.id || (thing.isNode() && thing.connectedEdges().some((edge) => edge.id() === row.dataset.line))));
  };
  const hide = () => {
    card.hidden = true;
    if (graph) graph.elements(':selected').unselect();
    document.querySelectorAll('[data-line].is-picked').forEach((row) => row.classList.remove('is-picked'));
  };
  const pick = (node) => {
    graph.elements(':selected').unselect();
    node.select();
    const at = node.renderedPosition();
    if (at.x < 30 || at.y < 30 || at.x > canvas.clientWidth - 30 || at.y > canvas.clientHeight - 30) graph.center(node);
    says.textContent = [node.data('name'), node.data('kind_word'), node.data('state'), `${words.links}: ${node.degree(false)}`].join(', ');
  };

  // The nearest node in the direction of an arrow key; sideways distance counts double.
  const towards = (from, dx, dy) => {
    const here = from.position();
    let best;
    graph.nodes().forEach((node) => {
      const x = node.position('x') - here.x;
      const y = node.position('y') - here.y;
      const along = x * dx + y * dy;
      if (node.same(from) || along <= 1) return;
      const far = along + 2 * Math.abs(x * dy + y * dx);
      if (!best || far < best.far) best = { node, far };
    });
    return best && best.node;
  };
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener('keydown', (event) => {
    if (!graph) return;
    const chosen = graph.nodes(':selected');
    if (event.key === 'Escape') hide();
    else if (event.key === 'Enter' && chosen.nonempty()) show(chosen[0]);
    else if (event.key === '+' || event.key === '-') zoom(event.key === '+' ? 1.25 : 0.8);
    else if (ARROWS[event.key]) {
      event.preventDefault();
      const next = chosen.empty() ? graph.nodes('[?root]')[0] || graph.nodes()[0] : towards(chosen[0], ...ARROWS[event.key]);
      if (next) { pick(next); if (!card.hidden) show(next); }
    }
  });
  const zoom = (factor) => graph.zoom({ level: graph.zoom() * factor, renderedPosition: { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 } });
  frame.addEventListener('click', (event) => {
    const button = event.target.closest('[data-map]');
    if (!button || !graph) return;
    const what = button.dataset.map;
    if (what === 'tree' || what === 'web') arrange(what);
    else if (what === 'fit') graph.fit(undefined, 40);
    else zoom(what === 'in' ? 1.25 : 0.8);
  });
  new MutationObserver(() => graph && graph.style(looks())).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });

  const draw = (found) => {
    graph = window.cytoscape({
      container: canvas,
      elements: { nodes: found.nodes.map((data) => ({ data })), edges: found.edges.map((data) => ({ data })) },
      style: looks(), minZoom: 0.1, maxZoom: 3, boxSelectionEnabled: false, autounselectify: false,
      userZoomingEnabled: true, layout: { name: 'preset' },
    });
    arrange(layout);
    graph.on('tap', 'node, edge', (event) => { show(event.target); });
    graph.on('tap', (event) => { if (event.target === graph) hide(); });
    frame.dataset.drawn = String(graph.nodes().length);
    frame.graph = graph;
  };
  Promise.all([fetch(frame.dataset.source, { headers: { Accept: 'application/json' } }), fetch(frame.dataset.icons)])
    .then(async ([data, icons]) => {
      if (!data.ok) throw new Error(String(data.status));
      sprite = await icons.text();
      draw(await data.json());
    })
    .catch(() => { canvas.replaceChildren(make('p', frame.dataset.failed, 'text-quiet')); });
})();

/* page.js - what the page does better with JavaScript. The server draws every page; this asks for the same pages again and puts them in place: so it is live,
 * it can send a token, and a confirmation opens where the person is. Nothing of it is needed while no token is. */
'use strict';
(() => {
	const TOKEN = 'refresh-router token', SECOND = 1000, EVERY = 3; /* seconds, unless the page says otherwise */
	const main = () => document.getElementById('main');
	const dialog = document.getElementById('dialog');
	const live = document.getElementById('live');
	let asked = Date.now(); /* when the page that is shown was asked for last */
	let shown = location.pathname + location.search;
	let going = 0; /* counts navigations: an answer that comes after the next one is dropped */

	/* Asks for a page; the answer's document, or null. Throws when nobody answers. */
	async function ask(url, options = {}, token = sessionStorage.getItem(TOKEN)) {
		const headers = { Accept: 'text/html' };
		if (token)
			headers.Authorization = 'Bearer ' + token;
		const answer = await fetch(url, { ...options, headers: { ...options.headers, ...headers }, cache: 'no-store', credentials: 'omit' });
		const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
		return { status: answer.status, url: answer.url, page, main: page.getElementById('main') };
	}

	/* ---- putting a page in place ---- */

	function mark() {
		for (const link of document.querySelectorAll('nav a')) {
			const path = new URL(link.href).pathname;
			if (path === location.pathname || (path !== '/' && location.pathname.startsWith(path + '/')))
				link.setAttribute('aria-current', 'page');
			else
				link.removeAttribute('aria-current');
		}
		const q = new URLSearchParams(location.search).get('q');
		if (location.pathname === '/search' && document.activeElement?.name !== 'q')
			document.querySelector('.find input').value = q ?? '';
	}

	function put(answer) {
		asked = Date.now();
		main().replaceWith(document.adoptNode(answer.main));
		document.title = answer.page.title;
		mark();
		greet();
	}

	/* The same element in the page that comes: what has the keyboard keeps it. */
	function keyOf(element) {
		if (!element || !main().contains(element))
			return null;
		const same = [...main().querySelectorAll('a,button,summary,input,textarea')].filter(e => e.tagName === element.tagName &&
			e.getAttribute('href') === element.getAttribute('href') && e.textContent === element.textContent);
		return page => {
			const found = [...page.querySelectorAll('a,button,summary,input,textarea')].filter(e => e.tagName === element.tagName &&
				e.getAttribute('href') === element.getAttribute('href') && e.textContent === element.textContent);
			return found[same.indexOf(element)];
		};
	}

	const plain = html => html.replace(/<time[^>]*>[^<]*<\/time>/g, '').replace(/<details open="">/g, '<details>');

	/* Times go on by themselves; only a part that says something else is drawn again. */
	function update(answer) {
		const focus = keyOf(document.activeElement);
		const open = [...main().querySelectorAll('details')].map(d => d.open);
		const old = main(), fresh = document.adoptNode(answer.main);
		[...fresh.querySelectorAll('details')].forEach((d, i) => { d.open = open[i] ?? false; });
		if (plain(old.innerHTML) === plain(fresh.innerHTML)) {
			const times = fresh.querySelectorAll('time');
			old.querySelectorAll('time').forEach((t, i) => { t.textContent = times[i].textContent; });
			return;
		}
		const before = new Set([...old.querySelectorAll('.row')].map(r => plain(r.innerHTML)));
		old.replaceChildren(...fresh.childNodes);
		for (const row of old.querySelectorAll('.row'))
			if (!before.has(plain(row.innerHTML)))
				row.classList.add('is-fresh');
		focus?.(old)?.focus({ preventScroll: true });
		document.title = answer.page.title;
	}

	/* ---- going somewhere ---- */

	async function go(url, options = {}, push = true) {
		const mine = ++going;
		let answer;
		try {
			answer = await ask(url, options);
		} catch {
			live.textContent = 'The daemon does not answer';
			return;
		}
		if (mine !== going || !answer.main)
			return;
		dialog.close();
		if (push)
			history.pushState(null, '', options.method && answer.status >= 400 ? location.href : answer.url);
		shown = location.pathname + location.search;
		put(answer);
		if (push) {
			scrollTo(0, 0);
			main().focus({ preventScroll: true });
		}
	}

	async function confirm(url) {
		const answer = await ask(url).catch(() => null);
		const question = answer?.main?.querySelector('.confirm');
		if (!question)
			return go(url);
		dialog.replaceChildren(document.adoptNode(question));
		dialog.showModal();
		dialog.querySelector('button').focus();
	}

	document.addEventListener('click', event => {
		const link = event.target.closest?.('a[href]');
		if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
			return;
		if (link.origin !== location.origin || link.hash || link.pathname.startsWith('/api/') || link.pathname === '/metrics')
			return;
		event.preventDefault();
		if (dialog.open && link.hasAttribute('data-back'))
			dialog.close();
		else if (link.hasAttribute('data-confirm'))
			confirm(link.href);
		else
			go(link.href);
	});

	document.addEventListener('submit', event => {
		const form = event.target;
		event.preventDefault();
		if (form.id === 'token')
			return use(form);
		const fields = new URLSearchParams(new FormData(form));
		if (form.method === 'post')
			return go(form.action, { method: 'POST', body: fields });
		go(form.action + '?' + fields);
	});

	/* A place within the page is another address too. */
	addEventListener('popstate', () => {
		if (shown !== location.pathname + location.search)
			go(location.href, {}, false);
	});

	/* ---- the token ---- */

	const forget = document.getElementById('forget');

	function greet() {
		const form = document.getElementById('token');
		if (form)
			form.hidden = false;
		forget.hidden = !sessionStorage.getItem(TOKEN);
	}

	forget.addEventListener('click', () => {
		sessionStorage.removeItem(TOKEN);
		go(location.href, {}, false);
	});

	async function use(form) {
		const token = form.elements.token.value.trim(), wrong = form.querySelector('[role=alert]');
		const answer = /^[\x21-\x7e]+$/.test(token) ? await ask(location.href, {}, token).catch(() => null) : { status: 401 };
		if (!answer?.main || [401, 429].includes(answer.status) || answer.main.querySelector('#token')) {
			wrong.textContent = !answer ? 'The daemon does not answer.' :
				answer.status === 429 ? 'Too many wrong tokens came from here: wait a second.' : 'This token was not accepted.';
			form.elements.token.select();
			return;
		}
		sessionStorage.setItem(TOKEN, token);
		put(answer);
		main().focus({ preventScroll: true });
	}

	/* ---- live ---- */

	async function poll() {
		const mine = going, url = location.href;
		if (document.hidden || dialog.open || main().hasAttribute('data-still') || document.getElementById('token') || !getSelection().isCollapsed)
			return;
		try {
			const answer = await ask(url);
			if (mine !== going || dialog.open)
				return;
			live.textContent = '';
			if (answer.status === 401 && sessionStorage.getItem(TOKEN)) {
				sessionStorage.removeItem(TOKEN);
				put(answer);
			} else if (answer.main && answer.status === 200)
				update(answer);
		} catch {
			live.textContent = 'The daemon does not answer; this is what it said last';
		}
	}

	async function run() {
		for (;;) {
			await new Promise(done => setTimeout(done, SECOND));
			if (Date.now() - asked < (main().dataset.every ?? EVERY) * SECOND)
				continue;
			await poll();
			asked = Date.now();
		}
	}

	document.documentElement.classList.add('js');
	mark();
	greet();
	if (document.getElementById('token') && sessionStorage.getItem(TOKEN))
		go(location.href, {}, false);
	run();
})();

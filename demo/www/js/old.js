// The chat for browsers that cannot run the page's program: SockJS alone, in the JavaScript of 1999.
(function () {
  var silence = 8000; // milliseconds; the server says something every two seconds
  var longestWait = 8000;
  var kept = 100; // lines
  var failures = 0;
  var socket, watchdog;

  if (!window.SockJS) return;

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.appendChild(document.createTextNode(text));
    return made;
  }

  function field(name, label, value, most) {
    var made = element('input');
    made.setAttribute('name', name);
    made.setAttribute('title', label);
    made.setAttribute('maxlength', most);
    made.value = value;
    return made;
  }

  // -- the elements

  var root = element('section', 'old-chat');
  var state = element('p', 'old-state', 'connecting');
  var list = element('div', 'old-lines');
  var form = element('form');
  var name = field('name', 'Name', 'Guest', 20);
  var text = field('text', 'Message', '', 500);
  var button = element('button', '', 'Send');
  root.appendChild(element('h2', '', 'Chat'));
  root.appendChild(element('p', '', 'By sockjs-client, which takes the best way that this browser and the network have.'));
  root.appendChild(state);
  root.appendChild(list);
  form.appendChild(name);
  form.appendChild(text);
  form.appendChild(button);
  root.appendChild(form);
  document.getElementById('top').appendChild(root);

  function show(what, words) {
    state.setAttribute('data-state', what);
    state.firstChild.nodeValue = words;
    button.disabled = what !== 'open';
  }

  function hear(line) {
    if (!line.text) return;
    var made = element('p');
    made.appendChild(element('b', '', line.from));
    made.appendChild(document.createTextNode(' ' + line.text + ' '));
    made.appendChild(element('small', '', line.dialect + ' · ' + line.transport));
    list.appendChild(made);
    while (list.childNodes.length > kept) list.removeChild(list.firstChild);
    list.scrollTop = list.scrollHeight;
  }

  form.onsubmit = function () {
    if (socket && socket.readyState === 1 && text.value)
      socket.send(JSON.stringify({ name: name.value, text: text.value }));
    text.value = '';
    text.focus();
    return false;
  };

  // -- the connection

  function feed() {
    clearTimeout(watchdog);
    watchdog = setTimeout(function () { socket.close(); }, silence);
  }

  function open() {
    var tag = '';
    for (var i = 0; i < 8; i++) tag += String.fromCharCode(97 + Math.floor(Math.random() * 26));
    socket = new SockJS('/lab/' + tag + '/chat-sockjs');
    socket.onopen = function () {
      failures = 0;
      show('open', 'connected over ' + socket.transport);
      feed();
    };
    socket.onmessage = function (event) {
      feed();
      hear(JSON.parse(event.data));
    };
    socket.onclose = function () {
      clearTimeout(watchdog);
      show('closed', 'no connection; tries again');
      setTimeout(open, Math.min(longestWait, 1000 * Math.pow(2, failures++)));
    };
  }

  show('connecting', 'connecting');
  open();
})();

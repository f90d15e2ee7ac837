// Looks after the page's program, in the JavaScript of 1999 so that every browser can run it: where
// the program cannot start, the page says why, hides what would be dead, and chats by plainer means.
(function () {
  var page = window.anywirePage = { started: false, failed: false, fail: fail };
  var first = '';
  // What browsers without them need to know before the elements come.
  var names = 'article details dialog figcaption figure footer header main nav section summary template'.split(' ');
  for (var i = 0; i < names.length; i++) document.createElement(names[i]);
  var knowsModules = 'noModule' in document.createElement('script');

  window.onerror = function (message) {
    if (!first) first = String(message).replace(/^Uncaught /, '');
  };
  listen('load', function () {
    if (!knowsModules) fail('This browser is older than the page’s program: it knows no JavaScript modules.');
    else if (!page.started) fail('The page’s program does not run in this browser: ' + (first || 'a part of it did not load') + '.');
    window.onerror = null;
  });

  function listen(event, then) {
    if (window.addEventListener) window.addEventListener(event, then, false);
    else window.attachEvent('on' + event, then);
  }

  function fail(why) {
    if (page.failed) return;
    page.failed = true;
    document.documentElement.className += ' old';
    var alert = document.getElementById('alert');
    alert.removeAttribute('hidden');
    alert.className = 'alert shown';
    alert.appendChild(document.createTextNode(why +
      (window.SockJS ? ' What it is about is told below, and the chat at the end works all the same.' : '')));
    var head = document.getElementsByTagName('head')[0];
    var style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = 'old.css';
    head.appendChild(style);
    var script = document.createElement('script');
    script.src = 'js/old.js';
    head.appendChild(script);
  }
})();

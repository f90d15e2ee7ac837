// Takes features from a browser, so that its clients find what an older one had. ES3.
var legacy_removals = {
    websocket: function () {
        window.WebSocket = window.MozWebSocket = undefined;
    },
    eventsource: function () {
        window.EventSource = undefined;
    },
    fetch: function () {
        window.fetch = undefined;
    },
    // As IE 8 and 9: what has come of an answer is not told before its end.
    streaming: function () {
        var own = XMLHttpRequest.prototype;
        var text = Object.getOwnPropertyDescriptor(own, 'responseText').get;
        Object.defineProperty(own, 'responseText', {
            get: function () {
                if (this.readyState === 3) throw new Error('not available yet');
                return text.call(this);
            }
        });
    },
    // As IE 8 and 9: no requests to other origins, and none with credentials.
    cors: function () {
        var own = XMLHttpRequest.prototype;
        var open = own.open;
        delete own.withCredentials;
        own.open = function (method, url) {
            var link = document.createElement('a');
            link.href = url;
            if (link.protocol !== location.protocol || link.host !== location.host) {
                throw new Error('Access is denied.');
            }
            return open.apply(this, arguments);
        };
    },
    // As IE 8 and 9: answers are text.
    binary: function () {
        delete XMLHttpRequest.prototype.responseType;
        delete XMLHttpRequest.prototype.response;
        window.ArrayBuffer = window.Uint8Array = window.Blob = window.FileReader = undefined;
    },
    // As IE 7.
    postmessage: function () {
        window.postMessage = undefined;
    }
};

function legacy_remove(names) {
    for (var i = 0; i < names.length; ++i) legacy_removals[names[i]]();
}

/** Everything the pages do with JavaScript; each import is one behaviour. Without it, browsing, reserving and buying still work. */
import "./live.js";
import "./feed-line.js";
import "./floor.js";
import "./meter.js";
import "./words.js";
import "./sizes.js";
import "./countdown.js";
import "./local-time.js";
import "./ring.js";
import "./hold.js";
import "./forms.js";
import "./ticker.js";
import "./toast.js";
import "./theme.js";
import "./bar.js";

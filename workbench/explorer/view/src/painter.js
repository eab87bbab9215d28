/** The points in WebGL 2: places uploaded once, then a code a point, then a colour a code; nothing is kept but buffers. */

export const FADED = 256; // the code of a point that is not selected; the legend's are 0 to 255
const [PLACE, CODE] = [0, 1]; // attributes
const POLL = 4; // ms between two looks at whether a drawing is done

/** @param {string} settle where the point goes after all */
const vertex = (settle) => `#version 300 es
layout(location = ${PLACE}) in vec2 place; // on the grid, 0 to 1
layout(location = ${CODE}) in uint code;
uniform vec2 at, scale; // the camera's place, in the plot's units; clip units a unit
uniform vec2 pixels; // of the canvas
uniform vec2 sizes; // px of a point, of a faded one
uniform sampler2D palette; // colour and opacity of each code
flat out vec4 colour;
flat out float size;

void main() {
  colour = texelFetch(palette, ivec2(int(code), 0), 0);
  size = code == ${FADED}u ? sizes.y : sizes.x;
  gl_PointSize = size;
  vec2 px = ((place * 2.0 - 1.0 - at) * scale * 0.5 + 0.5) * pixels;
  ${settle}
  gl_Position = vec4(px / pixels * 2.0 - 1.0, 0.0, 1.0);
}`;

const HEAD = `#version 300 es
precision mediump float;
flat in vec4 colour;
flat in float size;
out vec4 paint;
`;

/** Whole pixels on white, without blending; uncovered.js counts on where they begin. */
const SQUARE = [vertex('px = ceil(px - size / 2.0 - 0.5) + size / 2.0;'), `${HEAD}
void main() { paint = vec4(mix(vec3(1.0), colour.rgb, colour.a), 1.0); }`];

const DISC = [vertex(''), `${HEAD}
void main() {
  float beyond = (length(gl_PointCoord - 0.5) - 0.5) * size; // px outside the edge
  paint = vec4(colour.rgb, colour.a * clamp(0.5 - beyond, 0.0, 1.0));
}`];

/** @param {WebGL2RenderingContext} gl @param {string[]} sources of the vertex and the fragment shader @returns {WebGLProgram} */
function programOf(gl, sources) {
  const program = gl.createProgram();
  [gl.VERTEX_SHADER, gl.FRAGMENT_SHADER].forEach((kind, i) => {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, sources[i]);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  });
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

/**
 * Throws where the browser offers no WebGL 2.
 * @param {HTMLCanvasElement} canvas
 * @param {boolean} opaque points are squares that cover each other; else discs that shine through
 */
export function createPainter(canvas, opaque) {
  const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false });
  if (!gl) throw new Error('no WebGL 2');
  const program = programOf(gl, opaque ? SQUARE : DISC);
  const uniform = (name) => gl.getUniformLocation(program, name);
  const [at, scale, pixels, sizes] = ['at', 'scale', 'pixels', 'sizes'].map(uniform);
  const [places, codes, chosen] = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()];

  gl.useProgram(program);
  gl.clearColor(1, 1, 1, 1);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, chosen);
  if (!opaque) {
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
  }

  return {
    /** @param {Uint16Array} steps x then y of each point */
    place(steps) {
      gl.bindBuffer(gl.ARRAY_BUFFER, places);
      gl.bufferData(gl.ARRAY_BUFFER, steps, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(PLACE);
      gl.vertexAttribPointer(PLACE, 2, gl.UNSIGNED_SHORT, true, 0, 0);
    },

    /** @param {Uint16Array} told the code of each point */
    code(told) {
      gl.bindBuffer(gl.ARRAY_BUFFER, codes);
      gl.bufferData(gl.ARRAY_BUFFER, told, gl.DYNAMIC_DRAW);
      gl.enableVertexAttribArray(CODE);
      gl.vertexAttribIPointer(CODE, 1, gl.UNSIGNED_SHORT, 0, 0);
    },

    /** @param {Uint8Array} colours red, green, blue and opacity of the codes 0 to FADED */
    paint(colours) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, FADED + 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
    },

    /** Ask for a drawing. @param {import('./geometry.js').Lens} lens in the canvas's own pixels
     * @param {number[]} px the size of a point, of a faded one @param {Uint32Array} points the ones to draw, the last on top */
    draw({ camera: [x, y, distance], width, height }, px, points) {
      gl.viewport(0, 0, width, height);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(at, x, y);
      gl.uniform2f(scale, height / width / distance, 1 / distance);
      gl.uniform2f(pixels, width, height);
      gl.uniform2fv(sizes, px);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, points, gl.STREAM_DRAW);
      gl.drawElements(gl.POINTS, points.length, gl.UNSIGNED_INT, 0);
    },

    /** Resolves once everything that was asked for is drawn: the processor draws while the page goes on. */
    async done() {
      const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      gl.flush();
      while (!gl.isContextLost() && gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED) {
        await new Promise((later) => setTimeout(later, POLL));
      }
      gl.deleteSync(fence);
    },

    /** Browsers keep few contexts; this one is given back at once. */
    destroy: () => gl.getExtension('WEBGL_lose_context')?.loseContext(),
  };
}

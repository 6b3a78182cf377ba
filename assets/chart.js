// Two charts: a rate per month with centre line and control limits, and the graph of a conflict of interest.
import { GraphChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([GraphChart, LineChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function rates(data, narrow) {
  const text = { fontFamily: token("--font"), color: token("--ink-2"), fontSize: 12 };
  const line = (key, name, values, style) => ({
    name, type: "line", data: values, symbol: "none", silent: true, animation: false, color: token(key),
    lineStyle: { width: 1, color: token(key), ...style },
    endLabel: { show: !narrow, formatter: name, ...text, color: token("--ink-3") },
    labelLayout: { moveOverlap: "shiftY" },
  });
  return {
    animation: false,
    textStyle: text,
    aria: { enabled: true, label: { description: data.summary } },
    grid: { left: 4, right: narrow ? 16 : 96, top: 16, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, borderColor: token("--line-strong"),
      backgroundColor: token("--surface"), textStyle: text,
      formatter: (items) => data.points[items[0].dataIndex].label,
    },
    xAxis: {
      type: "category", data: data.points.map((p) => p.month), boundaryGap: false,
      axisLabel: { ...text, hideOverlap: true }, axisLine: { lineStyle: { color: token("--line-strong") } },
    },
    yAxis: { type: "value", min: data.from ?? 0, splitNumber: 4, axisLabel: text, splitLine: { lineStyle: { color: token("--chart-grid") } } },
    series: [
      line("--chart-limit", data.names.upper, data.points.map((p) => p.upper), { type: "dashed" }),
      line("--chart-limit", data.names.lower, data.points.map((p) => p.lower), { type: "dashed" }),
      line("--chart-peer", data.names.centre, data.points.map((p) => p.centre), {}),
      {
        name: data.names.rate, type: "line", animation: false, symbolSize: 6, color: token("--chart-own"),
        lineStyle: { width: 2, color: token("--chart-own") },
        data: data.points.map((p, at) => ({
          // inside the plot: the ends of the limits hold the margin
          label: {
            show: !narrow && at === data.points.length - 1, position: "top", align: "right",
            formatter: data.names.last, ...text, color: token("--ink"), fontWeight: "bold",
          },
          value: p.rate,
          symbol: p.out ? "circle" : "emptyCircle",
          symbolSize: p.out ? 10 : 6,
          itemStyle: p.out ? { color: token("--red-fill") } : {},
        })),
      },
    ],
  };
}

const KINDS = { own: "--chart-own", vendor: "--red-fill", person: "--ink-2", company: "--chart-peer" };

// Levels run from left to right, on a narrow page from top to bottom: the places are fixed, so that it never moves.
// as high as its fullest row, or on a narrow screen as its longest chain, needs
function relationsHeight(nodes, narrow) {
  const beside = new Map();
  nodes.forEach((node) => beside.set(node.level, (beside.get(node.level) ?? 0) + 1));
  return narrow ? 72 * (Math.max(...beside.keys()) + 1) : 64 + 84 * Math.max(...beside.values());
}

function relations(data, narrow, box) {
  const wide = Math.max(1, box.clientWidth - (narrow ? 180 : 160));
  const high = Math.max(1, box.clientHeight - 64);
  const text = { fontFamily: token("--font"), color: token("--ink"), fontSize: 12 };
  const beside = new Map();
  data.nodes.forEach((node) => beside.set(node.level, [...(beside.get(node.level) ?? []), node.id]));
  const last = Math.max(...beside.keys());
  const place = (node) => {
    const row = beside.get(node.level);
    const along = last ? node.level / last : 0.5;
    const across = (row.indexOf(node.id) + 1) / (row.length + 1);
    return narrow ? [across * wide, along * high] : [along * wide, across * high];
  };
  // two corners that nobody sees keep the places as they are: a single row would be stretched to the whole box
  const corners = [[0, 0], [wide, high]].map(([x, y], at) => ({ id: `corner ${at}`, x, y, symbolSize: 0, label: { show: false } }));
  return {
    animation: false,
    textStyle: text,
    aria: { enabled: true, label: { description: data.summary } },
    series: [{
      type: "graph", layout: "none", roam: false, silent: true, edgeSymbol: ["none", "arrow"], edgeSymbolSize: 8,
      left: narrow ? 90 : 80, top: 24, width: wide, height: high,
      symbolSize: 18,
      label: {
        show: true, position: narrow ? "right" : "bottom", ...text, overflow: "break", width: narrow ? 130 : 150,
      },
      lineStyle: { color: token("--line-strong"), width: 1.5, opacity: 1 },
      edgeLabel: { show: true, formatter: (edge) => edge.data.label, ...text, color: token("--ink-2") },
      data: [...corners, ...data.nodes.map((node) => ({
        id: node.id, name: node.id, x: place(node)[0], y: place(node)[1],
        itemStyle: { color: token(KINDS[node.kind]) }, label: { formatter: node.name },
      }))],
      links: data.edges.map((edge) => ({ source: edge.from, target: edge.to, label: edge.label })),
    }],
  };
}

function draw(box) {
  const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const options = data.nodes ? relations : rates;
  const chart = init(box);
  const fit = () => {
    if (data.nodes) box.style.height = `${relationsHeight(data.nodes, box.clientWidth < 480)}px`;
    chart.resize();
    chart.setOption(options(data, box.clientWidth < 480, box), true);
  };
  fit();
  new ResizeObserver(fit).observe(box);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", fit);
}

document.querySelectorAll("[data-chart]").forEach(draw);

// The one chart of the overview: a rate per month with centre line and control limits, labelled directly.
import { LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([LineChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(data, narrow) {
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

function draw(box) {
  const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const chart = init(box);
  const fit = () => {
    chart.resize();
    chart.setOption(options(data, box.clientWidth < 480), true);
  };
  fit();
  new ResizeObserver(fit).observe(box);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", fit);
}

document.querySelectorAll("[data-chart]").forEach(draw);

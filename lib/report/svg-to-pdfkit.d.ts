declare module 'svg-to-pdfkit' {
  interface Options {
    width?: number;
    height?: number;
    /** Units of the SVG are points, not pixels. */
    assumePt?: boolean;
    fontCallback?: (family: string, bold: boolean, italic: boolean) => string;
  }
  function svgToPdf(document: PDFKit.PDFDocument, svg: string, x: number, y: number, options?: Options): void;
  export = svgToPdf;
}
